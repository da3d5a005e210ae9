// Imports a log into a Ralph: killed in the middle, continued, and once more from the start.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { startRalph } from './own-ralph.mjs';

const root = resolve(import.meta.dirname, '../..');
const rootUrl = 'https://learn.example.org';

/** @returns whether the LRS has each statement of the log, once */
export async function importIntoLrs(log, folder) {
  const expected = await expectedFrom(log);
  const ralph = await startRalph(join(folder, 'ralph'));
  try {
    const words = ['import', log, '--to', `lrs=${ralph.url}`, '--root-url', rootUrl, '--json'];
    const start = () => {
      const stdio = ['ignore', 'pipe', 'inherit'];
      const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...words], { cwd: folder, stdio });
      let out = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      return { child, closed: once(child, 'close').then(() => out) };
    };
    const { child, closed } = start();
    while (child.exitCode === null && ralph.stored() < expected / 2) await wait(50);
    child.kill('SIGKILL');
    await closed;
    console.log('LRS, killed in the middle:', ralph.stored(), 'statements');
    for (const title of ['continued', 'again']) {
      const startedAt = performance.now();
      const out = await start().closed;
      const { imported, backends } = JSON.parse(out.slice(out.indexOf('{\n')));
      const ms = Math.round(performance.now() - startedAt);
      console.log(`LRS, ${title}: ${imported} events`, backends.lrs, await ralph.statements(), `in ${ms} ms`);
    }
    const { stored, ids } = await ralph.statements();
    const isRight = stored === expected && ids === stored;
    console.log(isRight ? `every one of ${stored} statements is there, once` : `${expected} statements were expected`);
    return isRight;
  } finally {
    await ralph.stop();
  }
}

/** Counts what toXapi makes of the lines. */
async function expectedFrom(log) {
  const { toXapi } = createRequire(import.meta.url)('../../dist/entries/xapi.js');
  const convert = toXapi({ rootUrl, ids: 'event' });
  let statements = 0;
  for await (const line of createInterface({ input: createReadStream(log) })) {
    try {
      statements += convert(JSON.parse(line)).length;
    } catch {
      // a broken line, or an event that lacks what its row needs
    }
  }
  return statements;
}
