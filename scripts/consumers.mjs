// @ts-check
// `npm run test:consumers`: the packed package as its users take it: npm and pnpm, Nest 11 and 12,
// CommonJS and ES modules, `node10` and `nodenext` resolution, webpack and esbuild. Each
// application is made in an empty folder, outside of this one. `npm run test:consumers -- node10`
// runs one. One row each; the last line counts them.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as commonjs from './consumers/commonjs.mjs';
import * as esm from './consumers/esm.mjs';
import * as monorepo from './consumers/monorepo.mjs';
import * as node10 from './consumers/node10.mjs';
import { packLibrary } from './packed/application.mjs';

const consumers = { commonjs, node10, esm, monorepo };

/**
 * @param {string[]} [names]
 * @param {string} [packed] tarball of the package, if it is packed already
 * @returns how many `steps` passed and failed
 */
export async function checkConsumers(names = Object.keys(consumers), packed) {
  const total = { passed: 0, failed: 0 };
  const temporary = mkdtempSync(join(tmpdir(), 'consumers-'));
  try {
    const tarball = packed ?? packLibrary(join(temporary, 'packed'));
    for (const name of names) {
      const { title, steps } = consumers[name];
      const folder = join(temporary, name);
      mkdirSync(folder);
      for (const [step, check] of Object.entries(steps)) {
        const ok = await succeeds(`${title}: ${step}`, () => check({ folder, tarball }));
        total[ok ? 'passed' : 'failed'] += 1;
        if (!ok) break; // the next steps need what this one makes
      }
      rmSync(folder, { recursive: true, force: true });
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return total;
}

async function succeeds(title, check) {
  const startedAt = Date.now();
  try {
    await check();
    console.log(`${title}: ok, ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    return true;
  } catch (error) {
    console.log(`${title}: FAILED\n  ${error.message.trimEnd().replaceAll('\n', '\n  ')}`);
    return false;
  }
}

if (process.argv[1] === import.meta.filename) {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !(name in consumers));
  if (unknown !== undefined) throw new Error(`no consumer ${unknown}: there are ${Object.keys(consumers).join(', ')}`);
  const { passed, failed } = await checkConsumers(names.length > 0 ? names : undefined);
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
