import {
  backend,
  type DeliveryOptions,
  type Destination,
  type DestinationCounts,
  type EventRejection,
  type IdentifiedEvent,
  type TrackingModuleOptions,
} from '../../src/entries';
import { startTracking, type BuiltTracking } from '../support/start-tracking';

/** How a destination behaves at one call of `sendBatch`. */
export type Behaviour = (
  events: readonly IdentifiedEvent[],
  signal: AbortSignal,
) => Promise<readonly EventRejection[] | void>; // eslint-disable-line @typescript-eslint/no-invalid-void-type -- as in Destination

/** A destination that does what the test says, and keeps what it was sent. */
export class Gate implements Destination {
  readonly readsOnly = true;
  readonly batches: (readonly IdentifiedEvent[])[] = [];
  readonly taken: IdentifiedEvent[] = [];
  /** Calls that have not ended. */
  underWay = 0;
  mostUnderWay = 0;
  behave: Behaviour = () => Promise.resolve();

  async sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    this.batches.push(events);
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      const rejections = (await this.behave(events, signal)) ?? [];
      const refused = new Set(rejections.map(({ index }) => index));
      this.taken.push(...events.filter((_, index) => !refused.has(index)));
      return rejections;
    } finally {
      this.underWay--;
    }
  }

  get names(): string[] {
    return this.taken.map(({ name }) => name);
  }
}

export const quick: DeliveryOptions = { batch: { maxWaitMs: 5 }, retry: { minDelayMs: 1, maxDelayMs: 5 } };
export const down = (): Promise<never> => Promise.reject(new Error('connection refused'));

export interface GateRun extends BuiltTracking {
  readonly gate: Gate;
  readonly counts: () => DestinationCounts;
}

/**
 * Starts an application with one destination, called `gate`. @param behave from its first event on
 */
export async function startGate(
  delivery: DeliveryOptions = {},
  { behave, ...options }: TrackingModuleOptions & { readonly behave?: Behaviour } = {},
): Promise<GateRun> {
  class Door extends Gate {
    override behave = behave ?? (() => Promise.resolve());
  }
  const run = await startTracking({ backends: { gate: backend(Door, {}, { delivery }) }, ...options });
  const counts = (): DestinationCounts => {
    const found = run.ledger.destination('gate');
    if (found === undefined) throw new Error('there is no destination');
    return found;
  };
  return Object.assign(run, { gate: run.tracker.backend<Gate>('gate'), counts });
}
