import type { Violation } from '../catalog/violation';
import { Confirmation } from '../routing/confirmation';

/** What becomes of one event that somebody waits for. */
export class EmitConfirmation extends Confirmation {
  /** Why it was refused before the tree; empty if it was not. */
  violations: readonly Violation[] = [];
}
