import { OwnServer } from '../../support/own-server';
import { describeWithPrograms } from '../../support/services';
import { until } from '../../support/until';
import { queueName, RedisView, startBull, type BullRun } from './bull-run';

describeWithPrograms(['redis'], 'A Redis that asks for a password', ({ redis: program }) => {
  let redis: OwnServer;
  let view: RedisView;
  let name: string;

  beforeEach(async () => {
    redis = await OwnServer.start({ ...program, args: [...program.args, '--requirepass', 'right'] });
    name = queueName();
    view = new RedisView(withPassword('right'), name);
  });
  afterEach(async () => {
    await view.close();
    await redis.remove();
  });

  const withPassword = (password: string): string => redis.url.replace('redis://', `redis://:${password}@`);
  const connections = async (): Promise<number> =>
    Number(/total_connections_received:(\d+)/.exec(await view.redis.info('stats'))?.[1]);
  const reconnects = async (times: number): Promise<void> => {
    const begin = await connections();
    while ((await connections()) < begin + times);
  };
  const lines = (run: BullRun): string[] => run.logger.all.filter((line) => /: the Redis of the queue/.test(line));

  it.each([
    ['a wrong password', 'wrong', /cannot be reached \(WRONGPASS .*Fix: /],
    ['none', '', /cannot be reached \(NOAUTH .*Fix: /],
  ])('is reported once to those that give %s, and once when it lets them in', async (_, password, line) => {
    const url = password === '' ? redis.url : withPassword(password);
    const delivery = { retry: { minDelayMs: 5, maxDelayMs: 20 } };
    const web = await startBull({ url, name, role: 'emitter', delivery });
    const worker = await startBull({ url, name, role: 'worker', settings: { retryProcessDelay: 100 } });
    web.emit(5);
    for (const run of [web, worker]) await until(() => lines(run).length > 0);
    if (password !== '') await reconnects(100);
    for (const run of [web, worker]) expect(lines(run)).toEqual([expect.stringMatching(line)]);
    expect(web.ledger.destination('later')).toMatchObject({ pending: 5 });
    await view.redis.config('SET', 'requirepass', password);
    await worker.taken(5);
    for (const run of [web, worker]) {
      await until(() => lines(run).length > 1);
      expect(lines(run)).toEqual([expect.stringMatching(line), expect.stringContaining('answers again')]);
    }
    await Promise.all([web.close(), worker.close()]);
  });
});
