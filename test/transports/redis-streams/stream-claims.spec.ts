import type { RedisStreamsConsumerOptions } from '../../../src/transports/redis-streams/redis-streams-consumer-options';
import { OpenIds } from '../../../src/transports/redis-streams/open-ids';
import { StreamClaims } from '../../../src/transports/redis-streams/stream-claims';
import { StreamGroup } from '../../../src/transports/redis-streams/stream-group';
import { until } from '../../support/until';
import { FakeIntake, FakeLink, FakeStreams, optionsOf } from './fake-streams';

/** Claims of the consumer `me`, over a group that has 10 entries. */
function setUp(more: Partial<RedisStreamsConsumerOptions> = {}) {
  const streams = new FakeStreams();
  const options = optionsOf({ claimAfterMs: 1000, ...more });
  const group = new StreamGroup(new FakeLink(streams), options);
  const open = new OpenIds();
  const intake = new FakeIntake();
  const given: string[][] = [];
  const state = { isEnding: false, missed: 0, warnings: [] as string[], pages: 0 };
  const claims = new StreamClaims({
    ...{ options, keys: ['s'], group, open, intake },
    isEnding: () => state.isEnding,
    whenRoom: () => {
      state.pages++;
      return Promise.resolve();
    },
    give: (entries) => {
      for (const { key, id } of entries) open.add(key, id);
      given.push(entries.map(({ id }) => id));
    },
    done: ({ key, id }) => {
      open.delete(key, id);
    },
    onRoom: () => undefined,
    missed: (count) => (state.missed += count),
    warnOnce: (text) => state.warnings.push(text),
  });
  streams.groups.set('group', { lastIndex: 0, pending: new Map() });
  streams.add(10);
  return { streams, claims, open, given, state, intake, options };
}

describe('StreamClaims', () => {
  it('takes over its own pending entries, in steps of `count`, whatever their idle time', async () => {
    const { streams, claims, given, state } = setUp({ count: 2 });
    streams.giveTo('me', 3);
    await claims.takeOwn();
    expect([given, state.pages]).toEqual([[['1-0', '2-0'], ['3-0']], 2]);
  });

  it('takes over entries of others only once they have been idle for claimAfterMs', async () => {
    const { streams, claims, given } = setUp();
    streams.giveTo('other', 2);
    streams.pass(999);
    await claims.takeIdle();
    expect(given).toEqual([]);
    streams.pass(1);
    await claims.takeIdle();
    expect([given, streams.pendingOf()]).toEqual([[['1-0', '2-0']], { '1-0': 'me 2', '2-0': 'me 2' }]);
  });

  it('leaves entries alone that are in progress here', async () => {
    const { streams, claims, open, given } = setUp();
    streams.giveTo('me', 2);
    open.add('s', '1-0');
    await claims.takeOwn();
    expect(given).toEqual([['2-0']]);
  });

  it('runs one search for idle entries at a time', async () => {
    const { streams, claims, given } = setUp();
    streams.giveTo('other', 2);
    streams.pass(1000);
    await Promise.all([claims.takeIdle(), claims.takeIdle()]);
    expect([given.length, streams.commands.filter((each) => each.includes('XPENDING s group IDLE')).length]).toEqual([
      1,
      2, // one page with the entries, and an empty one
    ]);
    streams.pass(1000);
    await claims.takeIdle(); // the earlier search has ended
    expect(streams.commands.filter((each) => each.includes('XPENDING s group IDLE')).length).toBe(4);
  });

  it('gives entries with which two consumers have crashed one at a time', async () => {
    const { streams, claims, open, given } = setUp();
    streams.giveTo('other', 3, 2);
    streams.pass(1000);
    await claims.takeIdle();
    await until(() => given.length === 1);
    open.delete('s', '1-0');
    await until(() => given.length === 2);
    expect(given).toEqual([['1-0'], ['2-0']]);
    open.delete('s', '2-0');
    await until(() => given.length === 3);
    open.delete('s', '3-0');
  });

  it('makes a dead letter of an entry that crashed its consumers alone too often', async () => {
    const { streams, claims, given, intake } = setUp({ maxDeliveries: 4 });
    streams.giveTo('other', 1, 4);
    streams.pass(1000);
    await claims.takeIdle();
    await until(() => intake.buried.length === 1);
    expect([given, intake.buried]).toEqual([
      [],
      ['s:1-0 given-up: it was given to consumers 4 times, and never finished'],
    ]);
  });

  it('acknowledges, counts and reports entries that are no longer on the stream', async () => {
    const { streams, claims, state, given } = setUp();
    streams.giveTo('other', 3);
    streams.entries.shift();
    streams.pass(1000);
    await claims.takeIdle();
    expect([given, state.missed, Object.keys(streams.pendingOf())]).toEqual([[['2-0', '3-0']], 1, ['2-0', '3-0']]);
    expect(state.warnings).toEqual([expect.stringMatching(/entries of the stream "s" were removed.*Fix: /)]);
  });

  it('takes nothing over after the end has begun', async () => {
    const { streams, claims, state, given } = setUp();
    streams.giveTo('me', 2);
    state.isEnding = true;
    await claims.takeOwn();
    expect([given, streams.pendingOf()['1-0']]).toEqual([[], 'me 1']);
  });

  it('keeps others from claiming entries in progress', async () => {
    const { streams, claims, open } = setUp();
    streams.giveTo('me', 2);
    open.add('s', '1-0');
    streams.pass(900);
    await claims.hold();
    streams.pass(100);
    expect(await streams.run('XPENDING', ['s', 'group', 'IDLE', '1000', '-', '+', '10'], () => false)).toEqual([
      ['2-0', 'me', 1000, 1],
    ]);
  });

  it('releases its entries for others at the end, and forgets deliveries of those that it was working on', async () => {
    const { streams, claims, open } = setUp();
    streams.giveTo('me', 2, 3);
    open.add('s', '1-0');
    await claims.release();
    expect(streams.pendingOf()).toEqual({ '1-0': 'me 0', '2-0': 'me 3' });
    expect(await streams.run('XPENDING', ['s', 'group', 'IDLE', '1000', '-', '+', '10'], () => false)).toHaveLength(2);
  });

  it.each([
    [undefined, 0, false],
    [undefined, 1, true],
    ['me', 0, true],
  ])('named %s with %d pending entries stays a consumer: %s', async (name, pending, stays) => {
    const { streams, claims, options } = setUp({ name });
    const own = options.name;
    streams.consumers.add(own);
    streams.giveTo(own, pending);
    await claims.release();
    expect(streams.consumers.has(own)).toBe(stays);
  });
});
