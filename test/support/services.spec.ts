import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { service, serviceEntry } from './services';

const root = join(__dirname, '../..');

interface Report {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs a spec that needs Redis and toxiproxy where there are neither. */
function runWithoutServices(cache: string, CI: string): { success: boolean; tests: [string, string, string][] } {
  const { REDIS_URL, TOXIPROXY_URL, JEST_WORKER_ID, ...env } = process.env;
  const jest = join(root, 'node_modules/.bin/jest');
  const { stdout } = spawnSync(jest, ['--json', '--silent', 'test/support/toxiproxy.spec.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...env, NESTJS_EVENT_TRACKING_CACHE: cache, CI },
  });
  const { success, testResults } = JSON.parse(stdout) as Report;
  return {
    success,
    tests: testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .map(({ fullName, status, failureMessages }) => [fullName, status, failureMessages.join()]),
  };
}

describe('A describe with servers that cannot be had', () => {
  let cache: string;

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'no-services-'));
  });

  afterEach(() => {
    rmSync(cache, { recursive: true });
  });

  it('is skipped, each of its tests counted, with the reason in the title', () => {
    const { success, tests } = runWithoutServices(cache, '');
    expect(success).toBe(true);
    expect(tests.length).toBeGreaterThan(5);
    for (const [title, status] of tests) {
      expect(status).toBe('pending');
      expect(title).toContain('(skipped: redis: there is no REDIS_URL, and none was started; toxiproxy: there is no');
    }
  });

  it('fails with CI=true', () => {
    const reason = expect.stringMatching(/redis: there is no REDIS_URL.*Fix: npm run services/);
    expect(runWithoutServices(cache, 'true')).toEqual({
      success: false,
      tests: [['A FaultyWay to Redis finds redis and toxiproxy', 'failed', reason]],
    });
  });
});

describe('service()', () => {
  const { REDIS_URL, MONGO_URL, TOXIPROXY_URL, NESTJS_EVENT_TRACKING_CACHE } = process.env;
  let cache: string;

  beforeAll(() => {
    cache = mkdtempSync(join(tmpdir(), 'some-services-'));
    process.env['NESTJS_EVENT_TRACKING_CACHE'] = cache;
    process.env['REDIS_URL'] = 'redis://elsewhere:1';
    delete process.env['MONGO_URL'];
    delete process.env['TOXIPROXY_URL'];
  });

  afterAll(() => {
    Object.assign(process.env, { REDIS_URL, MONGO_URL, TOXIPROXY_URL, NESTJS_EVENT_TRACKING_CACHE });
    for (const [name, value] of Object.entries({ REDIS_URL, MONGO_URL, TOXIPROXY_URL, NESTJS_EVENT_TRACKING_CACHE })) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
    }
    rmSync(cache, { recursive: true });
  });

  it('is the URL of the environment, else that of services.json if something answers there', async () => {
    expect(serviceEntry('mongo')).toBeUndefined();
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const mongo = { url: `mongodb://127.0.0.1:${String(port)}`, how: 'go', port };
    writeFileSync(
      join(cache, 'services.json'),
      JSON.stringify({ mongo, redis: mongo, toxiproxy: { ...mongo, port: 1 } }),
    );
    expect(service('redis')).toBe('redis://elsewhere:1');
    expect(service('mongo')).toBe(mongo.url);
    expect(service('toxiproxy')).toBeUndefined();
    await new Promise((resolve) => server.close(resolve));
  });
});
