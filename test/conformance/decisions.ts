/**
 * What this package does on purpose where the reference does something else. Which decision covers
 * a case is told from what the case does and never from its id, so that an unknown case is either
 * covered for a reason or fails for want of one. What happens here instead is asserted in
 * decisions*.spec.ts and argued in docs/decisions.
 */
import { contextDecisions } from './decided-contexts';
import { destinationDecisions } from './decided-destinations';
import { processingDecisions } from './decided-processing';
import { valueDecisions } from './decided-values';
import type { Explanation } from './explanations';
import type { CaseFacts } from './facts';

export interface Decision {
  readonly number: string;
  readonly title: string;
  /** What in a case this decision answers. */
  readonly kind: string;
  readonly concerns: (facts: CaseFacts) => boolean;
  /** The differences that the decision can cause; one suffices. */
  readonly explains: readonly Explanation[];
}

export const decisions: readonly Decision[] = [
  ...contextDecisions,
  ...valueDecisions,
  ...processingDecisions,
  ...destinationDecisions,
].sort((one, other) => one.number.localeCompare(other.number));
