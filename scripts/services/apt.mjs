// @ts-check
// Packages of Debian, for what no program on the PATH provides.
import { inFolder } from './cache.mjs';
import { onPath, run } from './processes.mjs';

const TEN_MINUTES_MS = 600_000;
let last = Promise.resolve();

/**
 * Installs packages with apt-get, which needs root. One installation at a time: apt-get fails
 * while another one holds its lock.
 * @param {string} name of the package, and file name part of the logs
 * @param {(text: string) => void} tell
 * @param {...string} others that it needs, beyond what the package itself depends on
 * @returns {Promise<void>}
 */
export function aptInstall(name, tell, ...others) {
  if (!onPath('apt-get')) throw new Error(`no apt-get (install ${name} yourself)`);
  if (process.getuid?.() !== 0) throw new Error(`apt-get needs root (sudo apt-get install ${name})`);
  const done = last.then(async () => {
    tell(`installing ${name} with apt-get`);
    const settings = { timeoutMs: TEN_MINUTES_MS, env: { DEBIAN_FRONTEND: 'noninteractive' } };
    await run('apt-get', ['update', '-qq'], { ...settings, logFile: inFolder(`log/apt-update-${name}.log`) });
    const install = ['install', '-y', '-qq', '--no-install-recommends', name, ...others];
    await run('apt-get', install, { ...settings, logFile: inFolder(`log/apt-install-${name}.log`) });
  });
  last = done.catch(() => undefined);
  return done;
}
