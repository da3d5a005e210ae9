import { Delivery } from '../../src/delivery/delivery';
import type { DeliveryChange } from '../../src/ledger/delivery-notice';
import type { DestinationCounts } from '../../src/ledger/counts';
import type { DeliveryOptions } from '../../src/delivery/delivery-options';
import type { DeliveryTarget } from '../../src/delivery/destination';
import type { RecordStore } from '../../src/store/record-store';
import { LetterStore } from '../../src/delivery/letter-store';
import { resolveDelivery } from '../../src/delivery/resolve-options';
import { Envelope, OwnContext } from '../../src/event/envelope';
import { DEFAULT_LIMITS } from '../../src/event/normal-form';
import { Normalizer } from '../../src/event/normalizer';
import { Gate } from './gate';

const normalizer = new Normalizer(DEFAULT_LIMITS);

/** An event named `name` and with its name as its id. */
export function envelopeOf(name: string, data: object = {}): Envelope {
  const context = new OwnContext({});
  return Envelope.of({ id: name, name, time: 0, context, data, depth: 0, parentId: undefined }, normalizer);
}

export interface BareDelivery<To extends DeliveryTarget = Gate> {
  readonly delivery: Delivery;
  readonly gate: To;
  readonly letters: LetterStore;
  readonly changes: DeliveryChange[];
  readonly said: string[];
  readonly counts: () => DestinationCounts;
  /** Emits events of these names. */
  readonly emit: (...names: string[]) => void;
  /** Names of dead letters by reason, in the order in which they died. */
  readonly dead: () => (readonly [name: string, reason: string])[];
}

const running: Delivery[] = [];

/** Closes what the test has opened; for afterEach. */
export async function closeBareDeliveries(): Promise<void> {
  for (const delivery of running.splice(0)) delivery.flushSync();
  await Promise.resolve();
}

/** A delivery without an application, for tests that turn the clock or use stores of their own. */
export function bareDelivery(options: DeliveryOptions, store?: RecordStore): BareDelivery;
export function bareDelivery<To extends DeliveryTarget>(
  options: DeliveryOptions,
  store: RecordStore | undefined,
  destination: To,
): BareDelivery<To>;
export function bareDelivery(
  options: DeliveryOptions,
  store?: RecordStore,
  destination: DeliveryTarget = new Gate(),
): BareDelivery<DeliveryTarget> {
  const letters = new LetterStore(undefined, 1e7);
  const changes: DeliveryChange[] = [];
  const said: string[] = [];
  const delivery = new Delivery({
    ...{ path: 'gate', destination, settings: resolveDelivery(options), store, deadLetters: letters },
    say: (text) => said.push(text),
    onChange: (change) => changes.push(change),
  });
  running.push(delivery);
  return {
    ...{ delivery, gate: destination, letters, changes, said },
    counts: () => delivery.counts(),
    emit: (...names) => {
      for (const name of names) delivery.accept(envelopeOf(name));
    },
    dead: () => {
      const found: [string, string][] = [];
      delivery.letters.visit({}, ({ event, reason }) => found.push([event.name, reason]) > 0);
      return found;
    },
  };
}

/** `e0`, `e1`, … */
export const names = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => `e${String(from + n)}`);
