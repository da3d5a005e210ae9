// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const ENROLLMENT = '/courses/course-v1:edX+DemoX+2026/enrollment';
const DEADLINE_MS = 60_000;

/** The sample application in a process, with simulated learners. */
export class StartedSample {
  /** @param {string} root folder of the repository, in which the sample is built */
  static async start(root) {
    const folder = mkdtempSync(join(tmpdir(), 'explorer-pictures-'));
    // In the root, so that lines of code are shown relative to it.
    const child = spawn(process.execPath, ['--enable-source-maps', 'sample-app/dist/main.js'], {
      cwd: root,
      env: {
        ...process.env,
        REDIS_URL: undefined, // the pictures show the queue of one process
        MONGO_URL: undefined,
        DATABASE_URL: undefined,
        NODE_ENV: 'development',
        PORT: '0',
        SAMPLE_TRAFFIC: '6',
        TRACKING_LOG: join(folder, 'tracking.log'),
        TRACKING_REPORTS: join(folder, 'reports.log'),
        TRACKING_DIRECTORY: join(folder, 'waiting'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [greeting] = await once(child.stdout, 'data');
    const address = /learning platform: (\S+)/.exec(String(greeting))?.[1];
    if (address === undefined) throw new Error(`The sample did not print its address: ${String(greeting)}`);
    return new StartedSample(child, folder, address);
  }

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} folder
   * @param {string} address
   */
  constructor(child, folder, address) {
    this.child = child;
    this.folder = folder;
    this.address = address;
    this.explorer = `${address}/tracking`;
  }

  /**
   * Makes violations and dead letters, then an outage of the partner.
   * @returns the id of an event that became a dead letter
   */
  async prepare() {
    for (let i = 0; i < 7; i++) await this.post('/demo/drift');
    await this.until(({ delivered }) => delivered > 8);
    await this.post('/demo/partner/answer', { status: 400 });
    for (let i = 0; i < 6; i++) {
      await this.post(ENROLLMENT, { mode: 'verified' });
      await this.request('DELETE', ENROLLMENT);
    }
    await this.until(({ deadLettered }) => deadLettered >= 12);
    await this.post('/demo/partner/answer', { status: 200 });
    await this.until(({ pending }) => pending === 0);
    await this.post('/demo/partner/answer', { status: 503 });
    await this.until(({ breaker }) => breaker === 'open');
    const { rows } = await this.get('/tracking/api/events?filter=destination:partner%3Ddead');
    return /** @type {string} */ (rows[0].id);
  }

  /**
   * @param {(counts: any) => boolean} isSo waits until it is true for the counters of the partner
   */
  async until(isSo) {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const { nodes } = await this.get('/ledger');
      const { delivery } = nodes.find((/** @type {{ path: string }} */ { path }) => path === 'partner');
      if (isSo(delivery)) return;
      if (performance.now() > deadline) throw new Error(`The partner has ${JSON.stringify(delivery)}.`);
      await wait(100);
    }
  }

  /**
   * @param {string} path
   * @returns {Promise<any>}
   */
  async get(path) {
    return (await fetch(`${this.address}${path}`)).json();
  }

  /**
   * @param {string} path
   * @param {object} [body]
   */
  post(path, body = {}) {
    return this.request('POST', path, body);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async request(method, path, body) {
    const headers = { 'x-demo-user': 'learner', 'content-type': 'application/json' };
    const reply = await fetch(`${this.address}${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!reply.ok) throw new Error(`${method} ${path}: ${String(reply.status)} ${await reply.text()}`);
  }

  async stop() {
    this.child.kill('SIGINT');
    if (this.child.exitCode === null) await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
