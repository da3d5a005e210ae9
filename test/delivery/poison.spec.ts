import { backend, type DeliveryOptions, type IdentifiedEvent } from '../../src/entries';
import { HttpBackend } from '../../src/backends/http/http.backend';
import { eventually } from '../support/eventually';
import { HttpSink, type SinkFault } from '../support/http-sink';
import { startTracking } from '../support/start-tracking';
import { bareDelivery, closeBareDeliveries, names } from './bare-delivery';
import { imbalance } from './books';
import type { Behaviour } from './gate';

afterEach(closeBareDeliveries);

const QUICK = { batch: { maxEvents: 100, maxWaitMs: 1 }, retry: { minDelayMs: 1, maxDelayMs: 4 }, timeoutMs: 5 };

type Way = 'an error' | 'a time-out' | 'a wait it asks for';

/** A destination that works, but for batches with one of these events. */
function poisonedBy(poison: readonly string[], way: Way = 'an error'): Behaviour {
  return (events, signal) => {
    if (!events.some(({ name }) => poison.includes(name))) return Promise.resolve();
    if (way === 'an error') return Promise.reject(new Error('500'));
    if (way === 'a wait it asks for') {
      return Promise.reject(Object.assign(new Error('503'), { retryAfterMs: 1 }));
    }
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  };
}

const without = (all: readonly string[], ...some: readonly string[]): string[] =>
  all.filter((name) => !some.includes(name));

describe.each([false, true])('With ordered: %p, an event that fails whatever batch it is in', (ordered) => {
  it.each<[number, number, Way]>([
    [250, 500, 'an error'],
    [0, 500, 'an error'],
    [499, 500, 'an error'],
    [99, 500, 'an error'],
    [0, 2, 'an error'],
    [1, 2, 'an error'],
    [33, 100, 'a time-out'],
    [0, 100, 'a time-out'],
    [50, 100, 'a wait it asks for'],
    [0, 100, 'a wait it asks for'],
  ])('becomes a dead letter alone, and the others arrive: number %d of %d, with %s', async (at, count, way) => {
    const run = bareDelivery({ ...QUICK, ordered });
    const poison = `e${String(at)}`;
    run.gate.behave = poisonedBy([poison], way);
    run.emit(...names(count));
    // In an ordered delivery others show that the destination works.
    await eventually(() => expect(run.counts()).toMatchObject({ delivered: count - 1 }));
    run.emit(...names(20, count));
    await eventually(() => expect(run.counts()).toMatchObject({ delivered: count + 19, deadLettered: 1, pending: 0 }));
    expect(run.dead()).toEqual([[poison, 'attempts']]);
    const expected = without(names(count + 20), poison);
    expect(ordered ? run.gate.names : [...run.gate.names].sort()).toEqual(ordered ? expected : expected.sort());
    expect(run.gate.batches.filter((batch) => batch.some(({ name }) => name === poison)).length).toBeLessThan(60);
    expect(imbalance(run.counts())).toBe(0);
  });

  it('is found among others of its kind', async () => {
    const run = bareDelivery({ ...QUICK, ordered });
    const poison = ['e0', 'e1', 'e2', 'e50', 'e99', 'e100', 'e177', 'e178', 'e299'];
    run.gate.behave = poisonedBy(poison);
    run.emit(...names(300));
    await eventually(() => expect(run.counts().delivered).toBeGreaterThanOrEqual(300 - poison.length));
    let emitted = 300;
    await eventually(() => {
      run.emit(`e${String(emitted++)}`);
      expect(run.counts().deadLettered).toBe(poison.length);
    });
    await eventually(() => expect(run.counts()).toMatchObject({ delivered: emitted - poison.length, pending: 0 }));
    expect(new Set(run.dead().map(([name]) => name))).toEqual(new Set(poison));
    if (ordered) expect(run.gate.names).toEqual(without(names(emitted), ...poison));
  });

  it('is told apart from a destination that is down, of which no event is given up', async () => {
    const run = bareDelivery({ ...QUICK, ordered, batch: { maxEvents: 10, maxWaitMs: 1 } });
    run.gate.behave = () => Promise.reject(new Error('down'));
    run.emit(...names(200));
    // Long enough for every event of the first batches to stand alone.
    await eventually(() => expect(run.counts().attempts).toBeGreaterThan(150));
    expect(run.counts()).toMatchObject({ pending: 200, deadLettered: 0, breaker: expect.not.stringMatching('closed') });
    const before = run.gate.batches.length;
    run.gate.behave = () => Promise.resolve();
    await eventually(() => expect(run.counts()).toMatchObject({ pending: 0 }));
    // If the destination came back between a suspect and its witness, the suspect is given up.
    expect(run.counts().deadLettered).toBeLessThanOrEqual(ordered ? 1 : 0);
    expect(run.gate.batches.length - before).toBeLessThan(130);
    if (ordered) expect(run.gate.names).toEqual(without(names(200), ...run.dead().map(([name]) => name)));
  });

  it('holds up nobody for long where attempts are few', async () => {
    const run = bareDelivery({ ...QUICK, ordered, retry: { ...QUICK.retry, attempts: 1 } });
    run.gate.behave = poisonedBy(['e7']);
    run.emit(...names(20));
    await eventually(() => expect(run.counts()).toMatchObject({ delivered: 19, deadLettered: 1, pending: 0 }));
    expect(run.dead()).toEqual([['e7', 'attempts']]);
  });
});

describe('An event that is alone in an ordered delivery', () => {
  it('is given up as soon as another shows that the destination works', async () => {
    const run = bareDelivery({ ...QUICK, ordered: true });
    run.gate.behave = poisonedBy(['e0']);
    run.emit('e0');
    await eventually(() => expect(run.counts().attempts).toBeGreaterThan(30));
    expect(run.counts()).toMatchObject({ pending: 1, deadLettered: 0, breaker: expect.not.stringMatching('closed') });
    run.emit('e1', 'e2');
    await eventually(() => expect(run.counts()).toMatchObject({ delivered: 2, deadLettered: 1, breaker: 'closed' }));
    expect(run.dead()).toEqual([['e0', 'attempts']]);
  });
});

describe('A server that closes the connection without an answer', () => {
  let sink: HttpSink;
  afterEach(() => sink.close());

  it.each<[string, boolean, SinkFault]>([
    ['on a body with one wrong event', false, 'reset'],
    ['on a body with one wrong event, in order', true, 'reset'],
    ['on a body with one wrong event, with what is not HTTP', false, 'garbage'],
    ['on a body with one wrong event, with 500', true, { status: 500 }],
  ])('costs that event only: %s', async (_what, ordered, fault) => {
    sink = await HttpSink.listen();
    const isWrong = (text: string): boolean => text.includes('"n":13}');
    const delivery: DeliveryOptions = { ...QUICK, ordered, timeoutMs: 5000, batch: { maxEvents: 20, maxWaitMs: 5 } };
    const sendingWrong = { next: false };
    const spied = backend(
      HttpBackend,
      {
        url: sink.url,
        format: (events: readonly IdentifiedEvent[]) => {
          const text = JSON.stringify(events);
          sendingWrong.next = isWrong(text);
          sink.misbehaveAlways(sendingWrong.next ? fault : undefined);
          return text;
        },
      },
      { delivery: { ...delivery, concurrency: 1 } },
    );
    const { tracker, ledger } = await startTracking({ backends: { far: spied } });
    for (let n = 0; n < 40; n++) tracker.emit('e', { n });
    await eventually(() =>
      expect(ledger.destination('far')).toMatchObject({ delivered: 39, deadLettered: 1, pending: 0 }),
    );
    expect(tracker.deadLetters.list().map(({ event, reason }) => [event.data, reason])).toEqual([
      [{ n: 13 }, 'attempts'],
    ]);
    expect(sink.taken.size).toBe(39);
    expect(sink.repeated).toEqual([]);
  });
});
