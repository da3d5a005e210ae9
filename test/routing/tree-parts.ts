import { Notices } from '../../src/common/notices';
import { TrackerScopes } from '../../src/context/tracker-scopes';
import { Envelope } from '../../src/event/envelope';
import { Normalizer } from '../../src/event/normalizer';
import { DEFAULT_LIMITS } from '../../src/event/value-limits';
import type { EventFields } from '../../src/event/tracking-event';
import type { DropReason } from '../../src/ledger/reasons';
import type { EnvelopeBackend } from '../../src/routing/contracts';
import { Processing } from '../../src/routing/processing';

export const normalizer = new Normalizer(DEFAULT_LIMITS);

let emitted = 0;

/** Creates an event as it comes from a queue. Its id is unique unless it is given. */
export function envelopeOf(name: string, data: EventFields = {}, id = `event-${String(++emitted)}`): Envelope {
  return Envelope.carried({ name, timestamp: new Date(0), id, context: {}, data }, {}, normalizer);
}

/** Parts that every node of a tree shares, and the warnings that they logged. */
export interface TreeParts {
  readonly notices: Notices;
  readonly processing: Processing;
  readonly scopes: TrackerScopes;
  readonly normalizer: Normalizer;
  readonly warnings: string[];
}

export function treeParts(): TreeParts {
  const warnings: string[] = [];
  const warn = (message: unknown): void => void warnings.push(String(message));
  const notices = new Notices({ warn, log: () => undefined, error: () => undefined });
  const scopes = new TrackerScopes({}, () => undefined);
  return { notices, processing: new Processing(), scopes, normalizer, warnings };
}

/** Backend that records the names of the events it accepts. */
export class RecordingSink implements EnvelopeBackend {
  readonly isBuiltIn = true;
  readonly names: string[] = [];
  /** Reason for which it drops events. */
  refuses: DropReason | undefined;

  accept(envelope: Envelope): DropReason | undefined {
    if (this.refuses !== undefined) return this.refuses;
    this.names.push(envelope.name);
    return undefined;
  }
}
