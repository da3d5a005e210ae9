import {
  deliveryInstruments,
  destinationInstruments,
  durationInstruments,
  nodeInstruments,
  trackerInstruments,
} from '../../../src/observability/opentelemetry/instruments';
import { busyApplication, collected } from './metric-parts';

describe('The names of the metrics', () => {
  const plans = [
    ...trackerInstruments,
    ...nodeInstruments,
    ...deliveryInstruments,
    ...destinationInstruments,
    ...Object.values(durationInstruments),
  ];

  it('follow the conventions: a namespace, lower case, and a unit of UCUM', () => {
    for (const { name, unit } of plans) {
      expect(name).toMatch(/^event_tracking(\.[a-z]+(_[a-z]+)*)+$/);
      expect(unit).toMatch(/^(\{(event|attempt|value|failure)\}|By|s|1)$/);
    }
    expect(new Set(plans.map(({ name }) => name)).size).toBe(plans.length);
  });

  it('match the export of the SDK: none is missing, none has another kind', async () => {
    await busyApplication();
    const exported = await collected();
    const silent = plans.filter(({ name }) => !exported.has(name)).map(({ name }) => name);
    expect(silent).toEqual([
      // Nothing of the kind has happened, and an instrument without a figure is not exported.
      'event_tracking.tracker.dropped',
      'event_tracking.tracker.failures',
      'event_tracking.node.failures',
      'event_tracking.delivery.dropped',
    ]);
    expect([...exported.keys()].filter((name) => !plans.some((plan) => plan.name === name))).toEqual([]);
    for (const [name, { descriptor }] of exported) {
      const plan = plans.find((other) => other.name === name)!;
      expect(descriptor).toMatchObject({ unit: plan.unit, description: plan.description });
    }
  });
});
