// @ts-check
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One process, from its start to its end. Its settings are in CHAOS. */
export class Life {
  /** @type {Promise<void>} */
  begun;
  /** @type {Promise<void> | undefined} */
  ended;

  /**
   * @param file its program, which says "begun" and exits by itself at the message "end"
   * @param hear called with the slot and each line of its output. What a killed process wrote
   * before its death is still read.
   */
  constructor(file, { slot, settings, patienceMs, hear }) {
    this.child = spawn(process.execPath, [file], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { ...process.env, CHAOS: JSON.stringify(settings) },
    });
    const title = `life ${settings.life} (${slot}, ${settings.mode})`;
    this.begun = new Promise((resolve, reject) => {
      const patience = setTimeout(() => {
        this.child.kill('SIGKILL');
        reject(new Error(`${title} has not begun within ${patienceMs} ms`));
      }, patienceMs);
      const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (this.child.stdout) });
      lines.on('line', (line) => {
        hear(slot, line);
        if (line !== 'begun') return;
        clearTimeout(patience);
        resolve();
      });
      this.ended = new Promise((end, fail) => {
        this.child.once('close', (code, signal) => {
          clearTimeout(patience);
          if (signal === 'SIGKILL' || signal === 'SIGTERM' || code === 0) end();
          else fail(new Error(`${title} ended with ${code ?? signal}`));
          reject(new Error(`${title} ended before it had begun`));
        });
      });
    });
    this.begun.catch(() => undefined); // whoever needs it awaits it
    this.ended?.catch(() => undefined);
  }

  async stop(signal) {
    this.child.kill(signal);
    await this.ended;
  }

  /** Has it close by itself. */
  async end() {
    this.child.send('end');
    await this.ended;
  }
}
