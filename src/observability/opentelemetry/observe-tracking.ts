import { metrics, type BatchObservableResult, type Meter, type Observable } from '@opentelemetry/api';
import type { DestinationCounts } from '../../ledger/counts';
import { LATENCY_BOUNDS_MS } from '../../ledger/latency';
import type { DeliveryCounts } from '../../ledger/counts';
import type { TrackingLedger } from '../../ledger/tracking-ledger';
import {
  deliveryInstruments,
  destinationInstruments,
  durationInstruments,
  forgottenLetters,
  nodeInstruments,
  queueInstruments,
  PATH,
  TRACKER,
  trackerInstruments,
  workInstruments,
  type Attributes,
  type InstrumentPlan,
} from './instruments';

export interface ObserveOptions {
  /**
   * Meter that creates the instruments.
   * @default a meter of the global meter provider; it is a no-op unless an SDK was started before
   */
  readonly meter?: Meter | undefined;
  /**
   * Attributes added to every metric, for example to distinguish two applications in one process.
   * @default none
   */
  readonly attributes?: Readonly<Record<string, string | boolean>> | undefined;
}

/** The name of the meter. */
const SCOPE = 'nestjs-event-tracking';

/**
 * Exports every counter of a ledger as a metric (docs/reference/metrics.md lists them). The SDK
 * reads the counters from the ledger when it collects, so nothing is counted twice. Only the two
 * duration histograms are recorded as events are delivered.
 * @returns a function that stops observing the ledger
 */
export function observeTracking(ledger: TrackingLedger, options: ObserveOptions = {}): () => void {
  const { meter = metrics.getMeter(SCOPE), attributes = {} } = options;
  const tracker = { ...attributes, [TRACKER]: ledger.tracker().name };
  const trackers = make(meter, trackerInstruments);
  const nodes = make(meter, nodeInstruments);
  const deliveries = make(meter, deliveryInstruments);
  const destinations = make(meter, destinationInstruments);
  const works = make(meter, workInstruments);
  const queues = make(meter, queueInstruments);

  const forgotten = destinations.flatMap(({ plan, observable }) =>
    plan === forgottenLetters ? [{ plan: forgottenLetters, observable }] : [],
  );

  const observe = (result: BatchObservableResult): void => {
    const figures = new Figures();
    const counts = ledger.tracker();
    figures.read(trackers, counts, tracker);
    for (const [path, forgottenDeadLetters] of Object.entries(counts.forgottenDeadLetters)) {
      figures.read(forgotten, { forgottenDeadLetters }, { ...tracker, [PATH]: path });
    }
    for (const node of ledger.nodes()) {
      const place = { ...tracker, [PATH]: node.path };
      figures.read(nodes, node, place);
      if (node.work !== undefined) figures.read(works, node.work, place);
      if (node.queue !== undefined) figures.read(queues, node.queue, place);
      if (node.delivery === undefined) continue;
      figures.read(deliveries, node.delivery, place);
      if (isOfDestination(node.delivery)) figures.read(destinations, node.delivery, place);
    }
    figures.tell(result);
  };
  const observed = [trackers, nodes, deliveries, destinations, works, queues].flatMap((group) =>
    group.map(({ observable }) => observable),
  );
  meter.addBatchObservableCallback(observe, observed);
  const stopMeasuring = measure(meter, ledger, tracker);
  return () => {
    meter.removeBatchObservableCallback(observe, observed);
    stopMeasuring();
  };
}

function measure(meter: Meter, ledger: TrackingLedger, tracker: Attributes): () => void {
  const advice = { explicitBucketBoundaries: LATENCY_BOUNDS_MS.map((ms) => ms / 1000) };
  const { event, attempt } = durationInstruments;
  const histograms = {
    event: meter.createHistogram(event.name, { ...event, advice }),
    attempt: meter.createHistogram(attempt.name, { ...attempt, advice }),
  };
  const places = new Map<string, Attributes>(); // cached so that attributes are not built for each event
  return ledger.onDuration(({ path, of, ms }) => {
    let place = places.get(path);
    if (place === undefined) places.set(path, (place = { ...tracker, [PATH]: path }));
    histograms[of].record(ms / 1000, place);
  });
}

interface Instrument<Counts> {
  readonly plan: InstrumentPlan<Counts>;
  readonly observable: Observable;
}

function make<Counts>(meter: Meter, plans: readonly InstrumentPlan<Counts>[]): Instrument<Counts>[] {
  return plans.map((plan) => {
    const { name, kind, unit, description } = plan;
    const options = { unit, description };
    const observable =
      kind === 'counter'
        ? meter.createObservableCounter(name, options)
        : meter.createObservableUpDownCounter(name, options);
    return { plan, observable };
  });
}

interface Sum {
  value: number;
  readonly attributes: Attributes;
}

/** Sums the counters of nodes with the same path: a replaced backend shares its path. */
class Figures {
  private readonly byInstrument = new Map<Observable, Map<string, Sum>>();

  read<Counts>(instruments: readonly Instrument<Counts>[], counts: Counts, place: Attributes): void {
    for (const { plan, observable } of instruments) {
      const figures = this.of(observable);
      for (const { value, attributes } of plan.read(counts)) {
        const all = { ...place, ...attributes };
        const key = JSON.stringify(all);
        const known = figures.get(key);
        if (known === undefined) figures.set(key, { value, attributes: all });
        else known.value += value;
      }
    }
  }

  tell(result: BatchObservableResult): void {
    for (const [observable, figures] of this.byInstrument) {
      for (const { value, attributes } of figures.values()) result.observe(observable, value, attributes);
    }
  }

  private of(observable: Observable): Map<string, Sum> {
    let figures = this.byInstrument.get(observable);
    if (figures === undefined) {
      figures = new Map<string, Sum>();
      this.byInstrument.set(observable, figures);
    }
    return figures;
  }
}

function isOfDestination(delivery: DeliveryCounts | DestinationCounts): delivery is DestinationCounts {
  return 'breaker' in delivery;
}
