import { setTimeout as wait } from 'node:timers/promises';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms } from '../../support/services';
import { closeLater, RecordingLogger, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { books, RedisBus } from './redis-bus';

/** Long enough for several attempts to connect. */
const OUTAGE_MS = 3000;

describeWithPrograms(['redis'], 'Redis Streams behind a password', (programs) => {
  it.each([
    ['a wrong password', ':wrong@', /WRONGPASS/],
    ['no password', '', /NOAUTH/],
  ])(
    'report each end once while they have %s, and once when Redis lets them in',
    async (_, credentials, reason) => {
      const server = await OwnServer.start({
        ...programs.redis,
        args: [...programs.redis.args, '--requirepass', 'right'],
      });
      closeLater({ close: () => server.remove() });
      const admin = new RedisBus(server.url.replace('//', '//:right@'));
      const bus = new RedisBus(server.url.replace('//', `//${credentials}`));
      const logger = new RecordingLogger();
      const run = await startTracking({
        ...{ logger, shutdownTimeoutMs: 200 },
        backends: { out: bus.sender(), in: bus.receiver() },
        consumers: { bus: bus.consumer({ blockMs: 100 }) },
      });
      const lines = (): string[] =>
        logger.all.filter((line) => /its Redis (cannot be reached|answers again)/.test(line));
      run.tracker.emit('e');
      await until(
        () => lines().length >= 2,
        () => JSON.stringify(logger.all),
        15_000,
      );
      await wait(OUTAGE_MS); // the time is what is tested: nothing more is logged in it
      expect(lines().map((line) => line.split(':')[0])).toHaveLength(2);
      for (const line of lines()) expect(line).toMatch(reason);
      for (const line of lines()) expect(line).toContain('Fix: ');
      await admin.redis.acl('SETUSER', 'default', 'nopass');
      await until(
        () => books(run).settled === 1 && lines().length === 4,
        () => JSON.stringify([books(run), logger.all], null, 1),
        15_000,
      );
      expect(lines().slice(2)).toEqual([
        expect.stringContaining('answers again'),
        expect.stringContaining('answers again'),
      ]);
    },
    40_000,
  );
});
