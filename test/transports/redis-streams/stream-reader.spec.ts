import type { ConsumerHost } from '../../../src/intake/event-consumer';
import type { RedisStreamsConsumerOptions } from '../../../src/transports/redis-streams/redis-streams-consumer-options';
import { StreamReader } from '../../../src/transports/redis-streams/stream-reader';
import { until } from '../../support/until';
import { FakeIntake, FakeLink, FakeStreams, optionsOf } from './fake-streams';

const readers: StreamReader[] = [];

/** A reader of the stream `s` of a fake Redis, not started yet. */
function setUp(more: Partial<RedisStreamsConsumerOptions> = {}) {
  const streams = new FakeStreams();
  const links = { commands: new FakeLink(streams), reading: new FakeLink(streams) };
  const intake = new FakeIntake();
  const warnings: string[] = [];
  const counts = { missed: 0, restarts: 0 };
  const host = {
    intake,
    missed: (count: number) => (counts.missed += count),
    restarted: () => counts.restarts++,
    warn: (text: string) => warnings.push(text),
  } as Partial<ConsumerHost> as ConsumerHost;
  const reader = new StreamReader(optionsOf(more), host, links);
  readers.push(reader);
  return { streams, links, intake, warnings, counts, reader };
}

describe('StreamReader', () => {
  afterEach(async () => {
    for (const reader of readers.splice(0)) {
      await reader.end(1000);
      await reader.close();
    }
  });

  it('reads entries in order, and acknowledges each when it is finished', async () => {
    const { streams, intake, reader } = setUp();
    reader.begin();
    streams.add(3);
    await until(() => intake.given.length === 3);
    expect(intake.given).toEqual(['1-0', '2-0', '3-0']);
    intake.finish('2-0');
    await until(() => Object.keys(streams.pendingOf()).length === 2);
    expect(Object.keys(streams.pendingOf())).toEqual(['1-0', '3-0']);
  });

  it('takes over what is pending for its name before it reads new entries', async () => {
    const { streams, intake, reader } = setUp();
    streams.groups.set('group', { lastIndex: 0, pending: new Map() });
    streams.add(3);
    streams.giveTo('me', 2);
    reader.begin();
    await until(() => intake.given.length === 3);
    expect(intake.given).toEqual(['1-0', '2-0', '3-0']);
  });

  it('reads no more than maxInFlight entries until some are acknowledged', async () => {
    const { streams, intake, reader } = setUp({ count: 2, maxInFlight: 4 });
    reader.begin();
    streams.add(6);
    await until(() => intake.given.length === 4);
    expect(streams.groups.get('group')?.lastIndex).toBe(4);
    intake.finish('1-0', '2-0');
    await until(() => intake.given.length === 6);
  });

  it('prepares its groups again after a lost connection, and gives out no entry twice', async () => {
    const { streams, links, intake, reader } = setUp();
    reader.begin();
    streams.add(1);
    await until(() => intake.given.length === 1);
    links.reading.drop();
    streams.add(1);
    await until(() => intake.given.length === 2);
    await until(() => streams.commands.filter((each) => each.startsWith('XGROUP CREATE')).length === 2);
    expect(intake.given).toEqual(['1-0', '2-0']);
  });

  it('creates a lost group again, reports it, and reads from the beginning', async () => {
    const { streams, intake, counts, warnings, reader } = setUp();
    reader.begin();
    streams.add(1);
    await until(() => intake.given.length === 1);
    intake.finish('1-0');
    await until(() => Object.keys(streams.pendingOf()).length === 0);
    streams.groups.delete('group');
    streams.wake();
    await until(() => intake.given.length === 2);
    expect([counts.restarts, intake.given]).toEqual([1, ['1-0', '1-0']]);
    expect(warnings).toEqual([expect.stringContaining('was created again')]);
  });

  it('reports once that it cannot read, and keeps trying', async () => {
    const { streams, intake, warnings, reader } = setUp();
    streams.fail(
      'XREADGROUP',
      new Error('NOPERM this user has no permissions'),
      new Error('NOPERM this user has no permissions'),
    );
    reader.begin();
    streams.add(1);
    await until(() => intake.given.length === 1);
    expect(warnings).toEqual(['it cannot read: NOPERM this user has no permissions. (Logged once.)']);
  });

  it('logs nothing of a failure while it is not connected, which the link reports', async () => {
    const { streams, links, intake, warnings, reader } = setUp();
    streams.fail('XREADGROUP', new Error('Connection is closed.'));
    links.reading.isReady = false;
    reader.begin();
    streams.add(1);
    await until(() => intake.given.length === 1);
    expect(warnings).toEqual([]);
  });

  it('acknowledges after `end` what finishes, and releases the rest when it closes', async () => {
    const { streams, links, intake, reader } = setUp();
    reader.begin();
    streams.add(3);
    await until(() => intake.given.length === 3);
    await reader.end(1000);
    streams.add(1);
    intake.finish('1-0');
    await reader.close();
    expect([intake.given.length, streams.pendingOf()]).toEqual([3, { '2-0': 'me 0', '3-0': 'me 0' }]);
    expect([links.reading.isClosed, links.commands.isClosed]).toEqual([true, true]);
  });

  it('closes without a command while Redis is not connected', async () => {
    const { streams, links, reader } = setUp();
    reader.begin();
    await until(() => streams.commands.some((each) => each.startsWith('XREADGROUP')));
    await reader.end(1000);
    links.commands.isReady = false;
    const before = streams.commands.length;
    await reader.close();
    expect(streams.commands.slice(before)).toEqual([]);
  });

  it('knows the lag after the first measurement', async () => {
    const { streams, reader } = setUp();
    streams.positions = [
      [5, 0],
      [5, 0],
    ];
    expect(reader.lag).toBeUndefined();
    reader.begin();
    await until(() => reader.lag === 5);
  });
});

describe('StreamReader at its intervals', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('claims idle entries of others and keeps its own, while it is connected', async () => {
    const { streams, links, intake, reader } = setUp({ claimAfterMs: 900 });
    reader.begin();
    streams.add(2);
    while (intake.given.length < 2) await jest.advanceTimersByTimeAsync(0);
    const claims = (): number => streams.commands.filter((each) => each.includes('IDLE 900')).length;
    const before = claims();
    await jest.advanceTimersByTimeAsync(450);
    expect(claims()).toBe(before + 1);
    expect(streams.commands).toContain('XCLAIM s group me 0 1-0 2-0 JUSTID');
    links.commands.isReady = false;
    await jest.advanceTimersByTimeAsync(4500);
    expect(claims()).toBe(before + 1);
  });
});
