import {
  backend,
  EventBusBackend,
  MemoryBackend,
  TrackingDeadLetters,
  type TrackingModuleOptions,
} from '../../../src/entries';
import { eventOf } from '../../../src/transports/bus/tracking-log';
import { expectBalance, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { Feed } from './own-consumer';

const bus = { bus: backend(EventBusBackend, {}, { backends: { memory: backend(MemoryBackend) } }) };

/** An entry as the readers of the buses decode it. */
const entry = (id: string, data: string, context = '{}') =>
  eventOf(id, { name: 'e', timestamp: '2026-11-24T12:00:00+00:00', data, context });

const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
const list = (count: number): string => `{"a":[${Array.from({ length: count }, () => 0).join()}]}`;

async function reading(feed: Feed, options: TrackingModuleOptions = {}): Promise<BuiltTracking> {
  return startTracking({ backends: bus, consumers: { bus: feed.describe() }, ...options });
}

const reasons = ({ app }: BuiltTracking): string[] =>
  app
    .get(TrackingDeadLetters)
    .list()
    .map(({ reason }) => reason);

describe('An entry of the bus', () => {
  const excesses: [string, string, string, string][] = [
    ['nested too deeply', nested(65), '{}', 'unreadable: Error: its data exceeds limits.maxDepth'],
    ['nested 6,000 deep', nested(6000), '{}', 'unreadable: Error: its data exceeds limits.maxDepth'],
    ['nested a million deep', nested(1_000_000), '{}', 'unreadable: Error: its data exceeds limits.maxDepth'],
    [
      'whose context is nested too deeply',
      '{}',
      nested(6000),
      'unreadable: Error: its context exceeds limits.maxDepth',
    ],
    ['with too many values', list(40_001), '{}', 'unreadable: Error: its data exceeds limits.maxNodes'],
    [
      'with too many characters',
      JSON.stringify({ a: 'x'.repeat(3_400_000) }),
      '{}',
      'unreadable: Error: its data exceeds limits.maxTextLength',
    ],
    [
      'with keys that are too long',
      JSON.stringify({ ['k'.repeat(3_400_000)]: 1 }),
      '{}',
      'unreadable: Error: its data exceeds limits.maxTextLength',
    ],
    [
      'with an integer of too many digits',
      `{"a":${'9'.repeat(3_400_000)}}`,
      '{}',
      'unreadable: Error: its data exceeds limits.maxTextLength',
    ],
  ];

  it.each(excesses)('%s is a dead letter alone, and its neighbours arrive', async (_, data, context, reason) => {
    const feed = new Feed();
    const run = await reading(feed);
    await feed.push(entry('before', '{}'), entry('poison', data, context), entry('after', '{}'));
    expect(run.events('bus/memory').map(({ id }) => id)).toEqual(['before', 'after']);
    expect(reasons(run)).toEqual([reason]);
    expect(feed.acknowledged.sort()).toEqual(['1', '2', '3']);
    expectBalance(run.ledger);
  });

  it('within the limits arrives as it is, at the limits too', async () => {
    const feed = new Feed();
    const run = await reading(feed);
    const texts = [nested(64), list(19_990), '{"a":[1,{"b":null,"c":true}],"__proto__":{"d":1}}', '[1,2]', '"text"'];
    await feed.push(...texts.map((text, at) => entry(String(at), text)));
    expect(run.events('bus/memory').map(({ data }) => JSON.stringify(data))).toEqual(texts);
    expect(reasons(run)).toEqual([]);
  });

  it('has null for a number that is not finite', async () => {
    const feed = new Feed();
    const run = await reading(feed);
    await feed.push(entry('a', '{"big":1e999,"small":-1e999,"deep":[[1e400]]}', '{"c":1e999}'));
    const [event] = run.events('bus/memory');
    expect(event).toMatchObject({ data: { big: null, small: null, deep: [[null]] }, context: { c: null } });
    expect(run.ledger.tracker().replaced).toMatchObject({ 'not-finite': 4 });
  });

  it('is read within the limits of the tracker', async () => {
    const feed = new Feed();
    const run = await reading(feed, { limits: { maxDepth: 3 } });
    await feed.push(entry('fits', nested(3)), entry('deep', nested(4)));
    expect(run.events('bus/memory').map(({ id }) => id)).toEqual(['fits']);
    expect(reasons(run)).toEqual(['unreadable: Error: its data exceeds limits.maxDepth']);
  });

  it('that is too large for any event is not decoded, and its dead letter holds no copy', async () => {
    const feed = new Feed();
    const run = await reading(feed);
    let isDecoded = false;
    const raw = new Uint8Array(100_000_000);
    await feed.host?.intake.take([{ position: '7', raw, decode: () => ((isDecoded = true), entry('a', '{}')) }], () =>
      feed.acknowledged.push('7'),
    );
    expect({ isDecoded, acknowledged: feed.acknowledged }).toEqual({ isDecoded: false, acknowledged: ['7'] });
    const [letter] = run.app.get(TrackingDeadLetters).list();
    expect(letter).toMatchObject({
      reason: 'unreadable: Error: it has 100000000 bytes, more than an event can have',
      event: { data: { position: '7', bytes: 100_000_000 } },
    });
  });

  it('of a consumer of the application may hold anything', async () => {
    const feed = new Feed();
    const run = await reading(feed);
    const circle: Record<string, unknown> = { when: new Date(5) };
    circle['self'] = circle;
    const hostile = {
      get value(): never {
        throw new Error('no');
      },
    };
    await feed.push({ id: 'a', data: circle }, { id: 'b', data: hostile }, { id: 'c', data: { n: 10n } });
    expect(run.events('bus/memory').map(({ data }) => data)).toEqual([
      { when: new Date(5), self: '[Circular]' },
      { value: '[Unreadable: Error: no]' },
      { n: '10' },
    ]);
    expect(feed.acknowledged.sort()).toEqual(['1', '2', '3']);
  });

  it('that is broken in every way costs itself only', async () => {
    const feed = new Feed();
    const run = await reading(feed);
    const decode = () => entry('x', '{}');
    const broken = [
      {
        position: '1',
        decode,
        get raw(): never {
          throw new Error('gone');
        },
      },
      { position: '2', raw: Buffer.from(''), decode: () => undefined as never },
      { position: '3', raw: Buffer.from(''), decode: () => ({ ...entry('y', '{}'), timestamp: undefined as never }) },
      { position: '4', raw: Buffer.from(''), decode: () => ({ ...entry('y', '{}'), id: 7 as never }) },
      {
        position: '5',
        raw: Buffer.from(''),
        decode: () => {
          throw Object.create(null);
        },
      },
      { position: '6', raw: Buffer.from(''), decode: () => entry('good', '{}') },
    ];
    const done: number[] = [];
    await feed.host?.intake.take(broken, (index) => done.push(index));
    expect(done.sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(run.events('bus/memory').map(({ id }) => id)).toEqual(['good']);
    expect(reasons(run)).toHaveLength(5);
    expectBalance(run.ledger);
  });
});
