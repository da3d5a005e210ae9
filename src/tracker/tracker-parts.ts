import type { Notices } from '../common/notices';
import { TrackerScopes } from '../context/tracker-scopes';
import { Deliveries } from '../delivery/deliveries';
import { EventIds } from '../event/event-id';
import { Normalizer } from '../event/normalizer';
import { withDefaults } from '../event/value-limits';
import { TrackerLedger } from '../ledger/tracker-ledger';
import { Processing } from '../routing/processing';
import { FailureReport } from './failure-report';
import { ReplacedReport } from './replaced-report';
import type { RuntimeOptions } from './runtime-options';

const UNCERTAIN =
  'an event was emitted in the async context of a request whose response has ended, and carries the context of that request. ' +
  'This is right for work that the request itself started, and wrong in a callback of a connection or emitter that several ' +
  'requests share. Fix: tracker.bind(callback) where you pass the callback, or choose what such events carry: ' +
  "requestContext: { afterResponse: 'keep' | 'mark' | 'drop' }. (Logged once; `uncertainContexts` in the ledger counts on.)";

/** Objects that one tracker has once, and that its classes and decorators share. */
export interface TrackerParts {
  readonly name: string;
  readonly notices: Notices;
  /** Counters of the tracker itself; each node has its own. */
  readonly counters: TrackerLedger;
  readonly failures: FailureReport;
  readonly ids: Pick<EventIds, 'next'>;
  readonly normalizer: Normalizer;
  readonly scopes: TrackerScopes;
  readonly processing: Processing;
  readonly deliveries: Deliveries;
}

/** @param tracker the object that `currentTracker()` returns inside a scope of this tracker */
export function createTrackerParts(tracker: object, options: RuntimeOptions): TrackerParts {
  const { name, notices } = options;
  const counters = new TrackerLedger(name);
  const scopes = new TrackerScopes(tracker, () => {
    counters.uncertain();
    if (scopes.afterResponse === undefined) notices.once('uncertain context', () => UNCERTAIN);
  });
  return {
    name,
    notices,
    counters,
    scopes,
    failures: new FailureReport(counters, notices),
    ids: options.ids ?? new EventIds(),
    normalizer: new Normalizer(withDefaults(options.limits), new ReplacedReport(counters, notices)),
    processing: new Processing(),
    deliveries: new Deliveries(name, options.delivery, notices),
  };
}
