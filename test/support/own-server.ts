import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { ServerProgram, ServiceName } from './services';

const schemes: Record<ServiceName, string> = {
  ...{ redis: 'redis://', mongo: 'mongodb://', toxiproxy: 'http://', registry: 'http://' },
  postgres: 'postgres://postgres@',
  lrs: 'http://tests:tests@', // of scripts/services/ralph/serve.py
  kafka: '', // a list of host:port
};
const paths: Partial<Record<ServiceName, string>> = { postgres: '/postgres' };

/**
 * A server for one test, which may do with it what it likes; its data is kept over restarts, until
 * `remove`.
 */
export class OwnServer {
  private server: ChildProcess | undefined;

  private constructor(
    private readonly program: ServerProgram,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** @param program of `describeWithPrograms` */
  static async start(program: ServerProgram): Promise<OwnServer> {
    const folder = await mkdtemp(join(tmpdir(), `own-${program.name}-`));
    for (let tries = 1; ; tries += 1) {
      const own = new OwnServer(program, folder, await freePort());
      try {
        await own.start();
        return own;
      } catch (error) {
        if (tries < 3) continue; // another program may have taken the port in between
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    }
  }

  get url(): string {
    const { name } = this.program;
    return `${schemes[name]}127.0.0.1:${this.port}${paths[name] ?? ''}`;
  }

  /** After `kill`: the same URL, the same data. Resolves once it takes connections. */
  async start(): Promise<void> {
    if (this.isRunning()) throw new Error(`${this.program.name} already runs at ${this.url}`);
    const otherPort = this.program.args.includes('{otherPort}') ? String(await freePort()) : '';
    const args = this.program.args.map((arg) =>
      arg.replace('{port}', String(this.port)).replace('{otherPort}', otherPort).replace('{folder}', this.folder),
    );
    const server = spawn(this.program.path, args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.server = server;
    let said = '';
    const keep = (text: string): void => {
      said = (said + text).slice(-1000);
    };
    server.stdout.setEncoding('utf8').on('data', keep);
    server.stderr.setEncoding('utf8').on('data', keep);
    const closed = new Promise((resolve) => server.once('close', resolve)); // what it said is whole by then
    await once(server, 'spawn');
    const deadline = performance.now() + (this.program.name === 'kafka' ? 60_000 : 20_000);
    while (this.isRunning()) {
      if ((await this.isReady()) && this.isRunning()) return;
      if (performance.now() > deadline) break;
      await wait(5);
    }
    await this.kill();
    await closed;
    throw new Error(`${this.program.path} does not start at ${this.url}: ${said}`);
  }

  private isReady(): Promise<boolean> {
    return this.program.name === 'postgres' ? logsIn(this.url) : accepts(this.port);
  }

  /** SIGSTOP makes it deaf, SIGCONT wakes it; for all others, resolves once it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { server } = this;
    if (server === undefined || !this.isRunning()) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await gone;
  }

  /** Ends it, and its data. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private isRunning(): boolean {
    return this.server?.pid !== undefined && this.server.exitCode === null && this.server.signalCode === null;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** PostgreSQL takes connections before it has recovered from a kill, and refuses them. */
async function logsIn(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
