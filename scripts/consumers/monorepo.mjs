// @ts-check
// A pnpm workspace: an application that is bundled into one file, and a library of its own that
// emits.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkEvents, dev, root, run, useApplication } from '../packed/application.mjs';
import { BASICS, nest11, only } from './versions.mjs';

export const title = 'Nest 11, Express, CommonJS, pnpm monorepo';

const TYPESCRIPT = '5.9.3'; // the newest that Nest's command line 11 takes
/** What Nest itself looks for and does without. */
const OPTIONAL = [
  '@nestjs/microservices',
  '@nestjs/microservices/microservices-module',
  '@nestjs/websockets/socket-module',
  'class-transformer',
  'class-transformer/storage',
  'class-validator',
];

const pnpm = (folder, ...args) => run('npx', ['-y', 'pnpm@10', ...args], folder, { CI: 'true' });
const bin = (folder, name) => join(folder, 'apps/api/node_modules/.bin', name);

export const steps = {
  async 'events of the application and of its library'({ folder, tarball }) {
    cpSync(join(root, 'scripts/consumers/monorepo'), folder, { recursive: true });
    writeManifests(folder, tarball);
    pnpm(folder, 'install', '--no-frozen-lockfile', '--silent');
    compile(folder);
    checkEvents(await useApplication(process.execPath, join(folder, 'apps/api/dist/main.js')));
  },

  async 'a bundle of webpack'({ folder }) {
    run(bin(folder, 'nest'), ['build', '--webpack'], join(folder, 'apps/api'));
    checkEvents(await alone(folder, 'apps/api/bundle/main.js'));
  },

  async 'a bundle of esbuild, minified'({ folder }) {
    const outside = OPTIONAL.map((name) => `--external:${name}`);
    const options = [
      '--bundle',
      '--platform=node',
      '--minify',
      '--keep-names',
      '--outfile=bundle/small.js',
      ...outside,
    ];
    run(bin(folder, 'esbuild'), ['dist/main.js', ...options, '--log-level=error'], join(folder, 'apps/api'));
    checkEvents(await alone(folder, 'apps/api/bundle/small.js'));
  },

  'a second copy of the package is reported'({ folder, tarball }) {
    // Peers of two versions make pnpm install the package once for each.
    writeManifests(folder, tarball, { api: { mongoose: '9.12.1' }, billing: { mongoose: '8.20.1' } });
    pnpm(folder, 'install', '--no-frozen-lockfile', '--silent');
    compile(folder);
    const { stdout, stderr } = spawnSync(process.execPath, ['dist/once.js'], {
      cwd: join(folder, 'apps/api'),
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.match(stdout + stderr, /loaded twice[^]*nestjs-event-tracking/);
  },
};

/** A bundle in an empty folder, where no package can be found. */
function alone(folder, bundle) {
  const empty = mkdtempSync(join(folder, '..', 'alone-'));
  cpSync(join(folder, bundle), join(empty, 'main.cjs'));
  return useApplication(process.execPath, join(empty, 'main.cjs'));
}

function compile(folder) {
  run(bin(folder, 'tsc'), ['-p', '.'], join(folder, 'libs/billing'));
  run(bin(folder, 'tsc'), ['-p', '.'], join(folder, 'apps/api'));
}

function writeManifests(folder, tarball, more = {}) {
  const ours = { 'nestjs-event-tracking': `file:${tarball}` };
  const manifests = {
    'apps/api': {
      name: 'api',
      dependencies: {
        ...only(nest11, ...BASICS, '@nestjs/platform-express'),
        ...ours,
        billing: 'workspace:*',
        ...more.api,
      },
      devDependencies: {
        '@nestjs/cli': '11.0.13',
        '@types/node': dev['@types/node'],
        esbuild: '0.28.2',
        'ts-loader': '9.6.2',
        webpack: '5.113.0',
        typescript: TYPESCRIPT,
      },
    },
    'libs/billing': {
      name: 'billing',
      main: 'dist/index.js',
      types: 'dist/index.d.ts',
      dependencies: { ...only(nest11, ...BASICS), ...ours, ...more.billing },
      devDependencies: { typescript: TYPESCRIPT },
    },
  };
  for (const [path, manifest] of Object.entries(manifests)) {
    const text = JSON.stringify({ version: '1.0.0', private: true, ...manifest }, undefined, 2);
    writeFileSync(join(folder, path, 'package.json'), text);
  }
}
