/**
 * Runs command lines one after the other in a process of Node.js, which loads modules as Jest does
 * not.
 */
import { Writable } from 'node:stream';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';
import type { CommandResult, GivenCommand } from './projects';

class Written extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function main(commands: readonly GivenCommand[]): Promise<void> {
  const results: CommandResult[] = [];
  for (const { folder, words } of commands) {
    const [out, err] = [new Written(), new Written()];
    const code = await runCommand(['catalog', ...words], new Terminal(out, err, folder));
    results.push({ code, out: out.text, err: err.text });
  }
  process.send?.(results);
}

process.once('message', (commands) => {
  void main(commands as readonly GivenCommand[]);
});
