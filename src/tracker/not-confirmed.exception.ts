import type { Violation } from '../catalog/violation';
import { quoted } from '../common/printable';
import type { EventOutcome } from '../routing/confirmation';

/**
 * Reports that an event is not, or not yet, at every backend it should reach. It may still arrive:
 * delivery continues for `pending` backends.
 */
export class NotConfirmedException extends Error {
  override readonly name = 'NotConfirmedException';

  /** Use `create`. The constructor is public so that `@Catch` and `toThrow` accept the class. */
  constructor(
    message: string,
    readonly id: string,
    /**
     * Known outcome for each backend path; '' for an event that was dropped before it reached a
     * backend.
     */
    readonly destinations: Readonly<Record<string, EventOutcome>>,
    options?: ErrorOptions,
    /** Catalog violations for which the event was rejected; empty if it was not rejected. */
    readonly violations: readonly Violation[] = [],
  ) {
    super(message, options);
  }

  static create(
    eventName: string,
    id: string,
    destinations: Readonly<Record<string, EventOutcome>>,
    why: string,
    cause?: unknown,
    violations: readonly Violation[] = [],
  ): NotConfirmedException {
    const table = Object.entries(destinations).map(
      ([path, outcome]) => `${path === '' ? 'the tracker' : path}: ${outcome}`,
    );
    return new NotConfirmedException(
      `the event ${quoted(eventName)} (${id}) is not confirmed, ${why}; ${table.length === 0 ? 'it has not reached the tree' : table.join(', ')}.\n` +
        '  Fix: read the ledger of the backends named above; emit the event again only if it may arrive twice.',
      id,
      destinations,
      cause === undefined ? undefined : { cause },
      violations,
    );
  }
}
