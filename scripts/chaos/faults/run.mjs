// @ts-check
// One run of a fault: its applications, its sink, and the oracle.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const lifeFile = join(dirname(fileURLToPath(import.meta.url)), 'life.mjs');
const PATIENCE_MS = 60_000;

export class FaultRun {
  relied = new Set();
  dead = new Set();
  lives = [];
  /** What is wrong besides lost events. */
  faults = [];
  number = 0;
  directory;
  sink;
  url;

  /** @param sink what the events arrive at: { url, arrived(), sentAgain() } */
  constructor({ directory, sink, url = sink.url }) {
    Object.assign(this, { directory, sink, url });
  }

  /** Starts an application. @param tree see trees.mjs */
  async start({ tree, isWorker = false, isConfirmed = false, options = {} }) {
    const settings = { life: ++this.number, isWorker, isConfirmed, options, tree: { sink: this.url, ...tree } };
    const life = new Life(settings, {
      onRelied: (key) => this.relied.add(key),
      onDead: (key) => this.dead.add(key),
    });
    this.lives.push(life);
    await life.begun;
    return life;
  }

  /** Resolves when everything that is relied on is accounted for, or the patience is over. */
  async settled(patienceMs = PATIENCE_MS) {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      for (const life of this.lives) if (life.isRunning) await life.books();
      if ((await this.missing()).length <= this.reported() || performance.now() > deadline) return;
      await wait(100);
    }
  }

  async figures() {
    const arrived = await this.sink.arrived();
    const missing = await this.missing();
    const reported = this.reported();
    return {
      ...{ relied: this.relied.size, arrived: arrived.size, deadLettered: this.dead.size },
      ...{ reported, lost: Math.max(missing.length - reported, 0), sentAgain: this.sink.sentAgain() },
      ...{ faults: this.faults, missing: missing.slice(0, 5) },
    };
  }

  async close() {
    for (const { child, isRunning } of this.lives) if (isRunning) child.kill('SIGKILL');
    await this.sink.close();
  }

  async missing() {
    const arrived = await this.sink.arrived();
    return [...this.relied].filter((key) => !arrived.has(key) && !this.dead.has(key));
  }

  /**
   * Events that the books of all lives count as dropped, or as removed from a bus before they were
   * read.
   */
  reported() {
    return this.lives.reduce((sum, { lastBooks }) => sum + lossesIn(lastBooks), 0);
  }
}

function lossesIn(books) {
  if (books === undefined) return 0;
  const ofNodes = books.nodes.flatMap(({ dropped, delivery, work }) => [dropped, delivery?.dropped, work?.dropped]);
  const missed = books.consumers.map((consumer) => consumer.missed);
  return [...ofNodes.flatMap((each) => Object.values(each ?? {})), ...missed].reduce((sum, each) => sum + each, 0);
}

export class Life {
  isRunning = true;
  lastBooks;

  constructor(settings, { onRelied, onDead }) {
    this.child = spawn(process.execPath, [lifeFile], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { ...process.env, CHAOS: JSON.stringify(settings) },
    });
    this.ended = once(this.child, 'close').then(() => {
      this.isRunning = false;
    });
    this.lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (this.child.stdout) });
    this.lines.on('line', (line) => {
      if (line.startsWith('+ ')) onRelied(line.slice(2));
      else if (line.startsWith('dead ')) onDead(line.slice(5));
      else if (line.startsWith('books ')) this.lastBooks = JSON.parse(line.slice(6));
    });
    this.begun = this.hears((line) => line === 'begun');
    // A script that ends in whatever way must not leave it behind.
    process.once('exit', () => this.child.kill('SIGKILL'));
  }

  send(command, more = {}) {
    if (this.child.connected) this.child.send({ do: command, ...more });
  }

  async books() {
    const heard = this.hears((line) => line.startsWith('books '));
    this.send('books');
    await heard;
    return this.lastBooks;
  }

  /** Resolves when all that it was told to emit is out. */
  async emitted() {
    const heard = this.hears((line) => line === 'stopped');
    this.send('finish');
    await heard;
  }

  /** Emits no more. Resolves when the last one is out. */
  async stopEmitting() {
    const heard = this.hears((line) => line === 'stopped');
    this.send('stop');
    await heard;
  }

  async end() {
    this.send('end');
    await this.ended;
  }

  async kill(signal) {
    this.child.kill(signal);
    await this.ended;
  }

  /** Resolves with a line that the condition holds for, or when the process has ended. */
  hears(condition) {
    const heard = new Promise((resolve) => {
      const listener = (line) => {
        if (!condition(line)) return;
        this.lines.off('line', listener);
        resolve(line);
      };
      this.lines.on('line', listener);
    });
    return Promise.race([heard, this.ended]);
  }
}
