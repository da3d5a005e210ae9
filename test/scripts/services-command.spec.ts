import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Machine, bystanders, script, squat } from './services-parts';

describe('npm run services', () => {
  it('excludes concurrent runs in its folder: each of many increments takes effect', async () => {
    const machine = await Machine.with();
    await machine.run(['stop']);
    const number = join(machine.cache, 'number');
    await writeFile(number, '0');
    const code = `import(${JSON.stringify(join(script, '../services/cache.mjs'))}).then(async ({ alone }) => {
      const { readFileSync, writeFileSync } = require('node:fs');
      for (let times = 0; times < 250; times += 1) {
        await alone(async () => {
          const seen = Number(readFileSync(${JSON.stringify(number)}, 'utf8'));
          await new Promise(setImmediate);
          writeFileSync(${JSON.stringify(number)}, String(seen + 1));
        }, { pollMs: 0 });
      }
    })`;
    const env = { NESTJS_EVENT_TRACKING_CACHE: machine.cache };
    const adders = [1, 2, 3, 4].map(() => spawn(process.execPath, ['-e', code], { env, stdio: 'ignore' }));
    bystanders.push(...adders);
    await Promise.all(adders.map((adder) => once(adder, 'exit')));
    expect(await readFile(number, 'utf8')).toBe('1000');
  });

  it('names the servers that cannot be started, with the reasons, and fails', async () => {
    const machine = await Machine.with();
    const { code, said } = await machine.run(['start'], { CHROMIUM_PATH: '/nowhere/chromium' });
    expect(code).toBe(1);
    expect(said.split('\n').slice(0, 10)).toEqual([
      expect.stringMatching(/^redis .*redis-server is not on the PATH; no apt-get.*; docker is not on the PATH$/),
      expect.stringMatching(/^mongo .*mongod is not on the PATH; go is not on the PATH.*; docker is not on the PATH$/),
      expect.stringMatching(/^postgres .*sh is not on the PATH; docker is not on the PATH$/),
      expect.stringMatching(/^toxiproxy .*toxiproxy-server is not on the PATH; go is not on the PATH/),
      expect.stringMatching(/^kafka .*java is not on the PATH.*KAFKA_BROKERS.*; docker is not on the PATH$/),
      expect.stringMatching(/^registry .*java is not on the PATH.*SCHEMA_REGISTRY_URL/),
      expect.stringMatching(/^lrs .*python3 is not on the PATH.*LRS_URL/),
      expect.stringMatching(/^chromium .*there is no \/nowhere\/chromium, which CHROMIUM_PATH names$/),
      '',
      expect.stringContaining('0 of 8 up'),
    ]);
  });

  it('shows the output of a server that does not start', async () => {
    const machine = await Machine.with({ 'redis-server': process.execPath });
    const { code, said } = await machine.run(['start', 'redis']);
    expect(code).toBe(1);
    expect(said).toMatch(
      /redis +NOT TO BE HAD +\S+redis-server does not start: it ended, exit code 9: .*bad option: --port/,
    );
    expect(await machine.state()).toEqual({});
  });

  it('uses the URL of the environment unchanged, shows it without a password, and stores it nowhere', async () => {
    const server = await squat(0);
    const { port } = server.address() as AddressInfo;
    const machine = await Machine.with();
    const given = { REDIS_URL: `redis://ann:secret@localhost:${String(port)}/2` };
    const { code, said } = await machine.run(['start', 'redis'], given);
    await new Promise((resolve) => server.close(resolve));
    expect(code).toBe(0);
    expect(said).toContain(`redis://***@localhost:${String(port)}/2`);
    expect(said).not.toContain('secret');
    expect(await readdir(machine.cache)).not.toContain('services.json');
    const without = await machine.run(['start', 'redis'], given);
    expect(without).toEqual({
      code: 1,
      said: expect.stringContaining('nothing answers at REDIS_URL (redis://***@localhost'),
    });
  });

  it('lists its commands for an unknown command', async () => {
    const machine = await Machine.with();
    expect(await machine.run(['start', 'rabbit'])).toEqual({
      code: 2,
      said: expect.stringMatching(
        /cannot do "start rabbit"[^]*\[redis\] \[mongo\] \[postgres\] \[toxiproxy\] \[kafka\]/,
      ),
    });
  });
});
