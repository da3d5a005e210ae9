// @ts-check
// Two applications whose transactions write rows and emit events about them, and their PostgreSQL:
// of every two kills, one hits an application and one the server.
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startSink } from './http-sink.mjs';
import { Life } from './life.mjs';
import { compareWithRows } from './oracle.mjs';
import { OwnPostgres } from './own-postgres.mjs';

const lifeFile = join(dirname(fileURLToPath(import.meta.url)), 'transaction-life.mjs');
const TURNS = ['app-1', 'server', 'app-2', 'server'];
/** An application that has not committed anything by then hangs. */
const PATIENCE_MS = 60_000;
const MAX_LIFE_MS = 600;

/** @returns the figures of one run: see scripts/chaos.mjs */
export async function runTransactions({ backend: way, signal, kills, directory }) {
  const server = await OwnPostgres.start();
  const sink = await startSink();
  const run = new TransactionRun({ way, signal, directory, server, sink });
  try {
    await server.query('CREATE TABLE enrolments (key text PRIMARY KEY, events integer NOT NULL)');
    await run.kill(kills);
    return await run.figures();
  } finally {
    run.close();
    await sink.close();
    await server.close();
  }
}

class TransactionRun {
  #settings;
  #server;
  #sink;
  #lives = 0;
  /** @type {Map<string, Life>} */
  #running = new Map();
  /** Keys of rows whose commit was confirmed. */
  #confirmed = new Set();
  #books = { read: 0, balanced: 0 };
  #faults = [];

  constructor({ way, signal, directory, server, sink }) {
    this.#settings = { way, signal, directory, url: server.url, sink: sink.url, mode: 'work' };
    this.#server = server;
    this.#sink = sink;
  }

  async kill(kills) {
    for (const slot of ['app-1', 'app-2']) this.#start(slot);
    for (let kill = 0; kill < kills; kill++) {
      const slot = TURNS[kill % TURNS.length] ?? '';
      const victim = this.#running.get(slot);
      await (victim ?? this.#running.get('app-1'))?.begun;
      await wait(Math.random() * MAX_LIFE_MS);
      if (victim === undefined) {
        await this.#server.kill();
      } else {
        await victim.stop(`SIG${this.#settings.signal}`);
        this.#start(slot);
      }
    }
    await this.#server.up();
    const last = [...this.#running.values()];
    await Promise.all(last.map(({ begun }) => begun));
    await Promise.all(last.map((life) => life.end()));
  }

  async figures() {
    const rows = await this.#server.query('SELECT key, events FROM enrolments');
    const events = this.#sink.events.map(({ messageId, properties: { data } }) => ({ id: messageId, ...data }));
    const { expected, arrived, sentAgain, orphans, phantoms, renamed } = compareWithRows(rows, events);
    const keys = new Set(rows.map(({ key }) => key));
    const gone = [...this.#confirmed].filter((key) => !keys.has(key));
    this.#expectNone(phantoms, 'events of rows that are not there');
    this.#expectNone(renamed, 'events with two ids');
    this.#expectNone(gone, 'rows that are gone after their commit');
    // Events that are held are lost if the application or its connection ends between the commit
    // and the sending.
    const lost = this.#settings.way === 'held' ? [] : orphans;
    return {
      ...{ relied: expected, arrived, lost: lost.length, sentAgain, deadLettered: 0, reported: 0 },
      ...{ missing: lost.slice(0, 5), faults: this.#faults, books: this.#books, serverKills: this.#server.kills },
      ...{ orphans: orphans.length, phantoms: phantoms.length },
    };
  }

  close() {
    for (const { child } of this.#running.values()) child.kill('SIGKILL');
  }

  #start(slot) {
    const life = ++this.#lives;
    const directory = join(this.#settings.directory, slot);
    const settings = { ...this.#settings, slot, life, directory };
    const hear = (_, line) => this.#hear(slot, line);
    this.#running.set(slot, new Life(lifeFile, { slot, settings, patienceMs: PATIENCE_MS, hear }));
  }

  #hear(slot, line) {
    const [word, rest] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
    if (word === '+') this.#confirmed.add(rest);
    else if (word === 'left') this.#faults.push(`${slot}: ${rest} events were not sent in time`);
    else if (word === 'books') {
      const found = JSON.parse(rest);
      this.#books.read++;
      if (found.length === 0) this.#books.balanced++;
      for (const fault of found) this.#faults.push(`${slot}: ${fault}`);
    }
  }

  #expectNone(found, what) {
    if (found.length > 0) this.#faults.push(`${found.length} ${what}, for example: ${found.slice(0, 5).join(', ')}`);
  }
}
