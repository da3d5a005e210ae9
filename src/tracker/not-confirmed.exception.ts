import type { Violation } from '../catalog/violation';
import { quoted } from '../common/printable';
import type { EventOutcome } from '../routing/confirmation';

/** An event is not, or not yet, at every backend it should get to. It may still arrive: `pending` goes on. */
export class NotConfirmedException extends Error {
  override readonly name = 'NotConfirmedException';

  /** Made by `create`; public so that `@Catch` and `toThrow` take the class. */
  constructor(
    message: string,
    readonly id: string,
    /** What is known of each backend, by path; '' for an event that was dropped before it reached one. */
    readonly destinations: Readonly<Record<string, EventOutcome>>,
    options?: ErrorOptions,
    /** In what it does not keep to the catalog, if it was rejected for that; else empty. */
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
        '  Fix: see the ledger of the backend named; emit it again only if it has not to arrive once.',
      id,
      destinations,
      cause === undefined ? undefined : { cause },
      violations,
    );
  }
}
