import { Redis } from 'ioredis';
import { Client } from 'pg';
import { OwnServer } from './own-server';
import { describeWithPrograms } from './services';

describeWithPrograms(['redis', 'mongo', 'postgres', 'toxiproxy'], 'An OwnServer', (programs) => {
  let own: OwnServer | undefined;

  afterEach(() => own?.remove());

  it('keeps its URL and what it acknowledged over a kill', async () => {
    own = await OwnServer.start(programs.redis);
    const one = new Redis(own.url, { retryStrategy: () => null });
    one.on('error', () => {});
    await one.set('key', 'kept');
    await own.kill();
    await expect(one.get('key')).rejects.toThrow();
    await own.start();
    const two = new Redis(own.url);
    expect(await two.get('key')).toBe('kept');
    two.disconnect();
  });

  it.each(['mongo', 'postgres', 'toxiproxy'] as const)(
    'starts %s again after each signal that ends it',
    async (name) => {
      own = await OwnServer.start(programs[name]);
      for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
        await own.kill(signal);
        await own.start();
      }
      await expect(own.start()).rejects.toThrow('already runs');
    },
  );

  it('keeps what PostgreSQL committed over a kill, while a client is busy', async () => {
    own = await OwnServer.start(programs.postgres);
    for (const [at, signal] of (['SIGKILL', 'SIGINT', 'SIGKILL'] as const).entries()) {
      const one = new Client({ connectionString: own.url });
      one.on('error', () => {});
      await one.connect();
      await one.query('CREATE TABLE IF NOT EXISTS kept (id int)');
      await one.query('INSERT INTO kept VALUES ($1)', [at]);
      const busy = one.query('SELECT pg_sleep(60)').catch(() => 'broken');
      await own.kill(signal);
      expect(await busy).toBe('broken');
      await own.start();
      const two = new Client({ connectionString: own.url });
      await two.connect();
      expect((await two.query('SELECT id FROM kept')).rows).toHaveLength(at + 1);
      await two.end();
    }
  });

  it('says what a program says that does not start', async () => {
    const program = { ...programs.redis, args: ['--port', 'none'] };
    await expect(OwnServer.start(program)).rejects.toThrow(/redis-server does not start at redis:.*none/s);
    await expect(OwnServer.start({ ...program, path: '/no/such/program' })).rejects.toThrow('ENOENT');
  });
});
