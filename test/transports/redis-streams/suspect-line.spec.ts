import { OpenIds } from '../../../src/transports/redis-streams/open-ids';
import { StreamGroup } from '../../../src/transports/redis-streams/stream-group';
import { SuspectLine } from '../../../src/transports/redis-streams/suspect-line';
import { until } from '../../support/until';
import { FakeIntake, FakeLink, FakeStreams, optionsOf } from './fake-streams';

/** A line of the consumer `me`, over entries `1-0` to `9-0`. */
function setUp(maxDeliveries = 10, claimAfterMs = 60_000) {
  const streams = new FakeStreams();
  streams.groups.set('group', { lastIndex: 0, pending: new Map() });
  streams.add(9);
  const open = new OpenIds();
  const intake = new FakeIntake();
  const given: string[] = [];
  const missing: string[] = [];
  const state = { isEnding: false, rooms: 0 };
  const line = new SuspectLine(
    {
      options: optionsOf({ maxDeliveries, claimAfterMs }),
      ...{ group: new StreamGroup(new FakeLink(streams), { group: 'group', name: 'me' }), intake, open },
      isEnding: () => state.isEnding,
      give: ([entry]) => {
        if (entry === undefined) return;
        given.push(entry.id);
        open.add(entry.key, entry.id);
      },
      done: () => undefined, // an entry stays open until Redis has acknowledged it
      onRoom: () => state.rooms++,
    },
    (_key, ids) => Promise.resolve(void missing.push(...ids)),
  );
  /** Adds entries that `consumer` has had these numbers of times. */
  const suspect = (deliveries: Record<string, number>, consumer = 'me'): void => {
    const { pending } = streams.groups.get('group')!;
    for (const [id, count] of Object.entries(deliveries)) pending.set(id, { consumer, deliveries: count, since: 0 });
    line.add(
      's',
      Object.entries(deliveries).map(([id, count]) => ({ id, deliveries: count })),
    );
  };
  return { streams, open, intake, given, missing, state, line, suspect };
}

describe('SuspectLine', () => {
  it('gives entries out one at a time, those with the most deliveries first', async () => {
    const { open, given, state, suspect } = setUp();
    suspect({ '1-0': 2, '2-0': 2, '3-0': 2 });
    for (const [at, id] of ['1-0', '2-0', '3-0'].entries()) {
      await until(() => given.length === at + 1);
      expect(given.at(-1)).toBe(id);
      open.delete('s', id);
    }
    await until(() => state.rooms > 3);
  });

  it('holds reading only for an entry that has crashed a consumer alone', async () => {
    const { open, given, line, suspect } = setUp();
    suspect({ '1-0': 2 });
    await until(() => given.length === 1);
    expect(line.holdsReading).toBe(false);
    suspect({ '2-0': 3 });
    expect(line.holdsReading).toBe(true);
    open.delete('s', '1-0');
    await until(() => given.length === 2);
    expect(line.holdsReading).toBe(true);
    open.delete('s', '2-0');
    await until(() => !line.holdsReading);
  });

  it('gives out an entry that has crashed a consumer alone only when nothing else is in flight', async () => {
    const { open, given, streams, suspect } = setUp();
    open.add('s', '9-0');
    suspect({ '1-0': 3 });
    for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
    expect([given, streams.commands]).toEqual([[], []]);
    open.delete('s', '9-0');
    await until(() => given.length === 1);
    open.delete('s', '1-0');
  });

  it.each([
    [2, 1, false],
    [3, 3, true],
    [9, 10, false],
    [10, 10, true],
  ])('after %d deliveries and with at most %d buries an entry: %s', async (deliveries, maxDeliveries, isBuried) => {
    const { open, given, intake, suspect } = setUp(maxDeliveries);
    suspect({ '1-0': deliveries });
    await until(() => given.length + intake.buried.length === 1);
    expect(intake.buried.length === 1).toBe(isBuried);
    expect(open.has('s', '1-0')).toBe(true);
    open.delete('s', '1-0');
  });

  it('leaves an entry alone that is finished, in progress or of another consumer by now', async () => {
    const { streams, open, given, state, suspect } = setUp();
    suspect({ '1-0': 2 }, 'other');
    streams.groups.get('group')?.pending.delete('2-0');
    open.add('s', '3-0');
    suspect({ '3-0': 2 });
    await until(() => state.rooms >= 3);
    expect(given).toEqual([]);
  });

  it('claims an entry of another consumer that has been silent for long enough', async () => {
    const { streams, open, given, suspect } = setUp();
    streams.pass(60_000);
    suspect({ '1-0': 2 }, 'other');
    await until(() => given.length === 1);
    expect(streams.pendingOf()['1-0']).toBe('me 3');
    open.delete('s', '1-0');
  });

  it('forgets an entry that is no longer on the stream', async () => {
    const { streams, missing, suspect } = setUp();
    streams.entries.shift();
    suspect({ '1-0': 2 });
    await until(() => missing.length === 1);
    expect(missing).toEqual(['1-0']);
  });

  it('gives out the next entry when one does not finish in time', async () => {
    const { open, given, suspect } = setUp(10, 20);
    suspect({ '1-0': 2, '2-0': 2 });
    await until(() => given.length === 2);
    for (const id of given) open.delete('s', id);
  });

  it('drops the line after a failure, since the next search finds the entries again', async () => {
    const { streams, given, state, suspect } = setUp();
    streams.fail('XPENDING', new Error('the connection was lost'));
    suspect({ '1-0': 2, '2-0': 2 });
    await until(() => state.rooms === 2);
    expect(given).toEqual([]);
    suspect({ '3-0': 2 });
    await until(() => given.length === 1);
    state.isEnding = true;
  });

  it('gives nothing out after the end has begun', async () => {
    const { given, state, suspect } = setUp();
    state.isEnding = true;
    suspect({ '1-0': 2 });
    await until(() => state.rooms === 1);
    expect(given).toEqual([]);
  });
});
