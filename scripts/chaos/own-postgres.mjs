// @ts-check
// A PostgreSQL for this run alone, which is killed and started again. With fsync, as in production.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { postgresFolder, startPostgres } from '../services/catalogue.mjs';
import { silenceOf } from '../services/probes.mjs';
import { childrenOf, freePort, lastWords, onPath } from '../services/processes.mjs';

/** For a server that is killed again and again, and recovers. */
const PATIENCE_MS = 60_000;
const OPTIONS = ['fsync=on', 'full_page_writes=on', 'synchronous_commit=on', 'max_connections=50'];

/**
 * Ways to stop the server:
 * - all: kill -9 of the postmaster and of each of its processes
 * - immediate: what `pg_ctl stop -m immediate` sends
 * - children: kill -9 of its processes only; the postmaster recovers by itself
 */
const WAYS = ['all', 'all', 'immediate', 'all', 'children'];

/** The server is down for up to this long. */
const MAX_DOWN_MS = 500;

export class OwnPostgres {
  /** How often it was stopped. */
  kills = 0;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #server;
  #folder;
  #program;
  #isUp = Promise.resolve();
  #endAtExit = () => this.#server?.kill('SIGKILL');

  /** @param port it listens on after each start */
  constructor(program, folder, port) {
    this.#program = program;
    this.#folder = folder;
    this.port = port;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    // A script that ends in whatever way must not leave it behind.
    process.once('exit', this.#endAtExit);
  }

  static async start() {
    const [shell, bin] = [onPath('sh'), postgresFolder()];
    if (!shell || !bin) throw new Error('there is no postgres with initdb. Fix: npm run services, or install it');
    // Not in the folder of the run, which the user that it runs as cannot enter.
    const own = new OwnPostgres({ shell, bin }, mkdtempSync(join(tmpdir(), 'chaos-postgres-')), await freePort());
    try {
      await own.#start();
      return own;
    } catch (error) {
      await own.close();
      throw error;
    }
  }

  /** Resolves once it takes statements. */
  up() {
    return this.#isUp;
  }

  /** Tries again while processes of its last life hold on. */
  async #start() {
    const deadline = performance.now() + PATIENCE_MS;
    let reason;
    while (performance.now() < deadline) {
      if (!this.#isRunning()) this.#spawn();
      reason = await silenceOf('postgres', this.port);
      if (reason === undefined && this.#isRunning()) return;
      await wait(20);
    }
    throw new Error(`postgres does not answer on port ${this.port}: ${reason}${lastWords(this.#log)}`);
  }

  /**
   * Stops it, one way after the other. Resolves once its main process is gone, if it goes. It comes
   * back later, while the applications go on or start.
   */
  async kill() {
    await this.#isUp;
    await this.#stop();
    this.#isUp = wait(Math.random() * MAX_DOWN_MS).then(() => this.#start());
    this.#isUp.catch(() => undefined); // the next who needs the server reports it
  }

  /** Runs one statement, on a connection of its own, once the server is up. @returns its rows */
  async query(sql) {
    await this.#isUp;
    const { Client } = createRequire(import.meta.url)('pg');
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async #stop() {
    const way = WAYS[this.kills++ % WAYS.length];
    const server = this.#server;
    if (!server?.pid || !this.#isRunning()) throw new Error(`postgres has ended by itself${lastWords(this.#log)}`);
    const gone = once(server, 'exit');
    if (way === 'immediate') server.kill('SIGQUIT');
    else {
      // Stopped, so that it starts no more of them. Each is the leader of a process group.
      server.kill('SIGSTOP');
      for (const child of childrenOf(server.pid)) killIfThere(child);
      server.kill(way === 'all' ? 'SIGKILL' : 'SIGCONT');
      if (way === 'children') return;
    }
    await gone;
  }

  async close() {
    await this.#isUp.catch(() => undefined); // a start would go on after the end
    process.removeListener('exit', this.#endAtExit);
    if (this.#server && this.#isRunning()) {
      const gone = once(this.#server, 'exit');
      for (const child of childrenOf(this.#server.pid)) killIfThere(child);
      this.#server.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  get #log() {
    return join(this.#folder, 'log');
  }

  #spawn() {
    const { shell, bin } = this.#program;
    const options = OPTIONS.flatMap((option) => ['-c', option]);
    const log = openSync(this.#log, 'a');
    const args = ['-c', startPostgres(), 'postgres', bin, String(this.port), this.#folder, ...options];
    this.#server = spawn(shell, args, { stdio: ['ignore', log, log] });
    closeSync(log);
  }

  #isRunning() {
    return this.#server?.pid !== undefined && this.#server.exitCode === null && this.#server.signalCode === null;
  }
}

function killIfThere(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
