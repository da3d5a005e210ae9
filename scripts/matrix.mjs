// @ts-check
// `npm run test:matrix`: the packed package in fresh applications, each installed by npm, compiled
// by tsc, started, asked once and stopped, on this Node and on Node 24, and then what `npm run
// test:consumers` checks. One row for each; the last line counts them.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConsumers } from './consumers.mjs';
import { BASICS, nest11, nest12, only } from './consumers/versions.mjs';
import { checkEvents, dev, packLibrary, root, run, useApplication } from './packed/application.mjs';

const temporary = mkdtempSync(join(tmpdir(), 'matrix-'));
const total = { passed: 0, failed: 0, skipped: 0 };

const generations = [
  { label: 'Nest 11', versions: nest11 },
  { label: 'Nest 12', versions: nest12 },
  { label: 'Nest 12', versions: { ...nest12, 'nestjs-cls': '7.0.0' }, minNode: 22 },
];

/** The Nodes to run on, each with the reason if it can't be had. */
function findNodes() {
  const here = { path: process.execPath, version: process.version };
  if (process.version.startsWith('v24.')) return [here];
  try {
    const [path, version] = JSON.parse(
      run('npx', ['-y', 'node@24', '-p', 'JSON.stringify([process.execPath, process.version])'], temporary),
    );
    return [here, { path, version }];
  } catch (error) {
    return [here, { version: 'v24', missing: error.message.split('\n').filter(Boolean).at(-1) }];
  }
}

function makeApplication(versions, adapter, type, tarball) {
  const folder = mkdtempSync(join(temporary, 'app-'));
  cpSync(join(root, 'scripts/matrix'), folder, { recursive: true });
  cpSync(join(folder, `adapter.${adapter}.ts`), join(folder, 'src/adapter.ts'));
  const manifest = {
    name: 'matrix-application',
    private: true,
    type,
    dependencies: {
      ...only(versions, ...BASICS, `@nestjs/platform-${adapter}`),
      'nestjs-event-tracking': `file:${tarball}`,
    },
    devDependencies: { '@types/node': dev['@types/node'], typescript: dev.typescript },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], folder);
  run(join(folder, 'node_modules/.bin/tsc'), ['-p', '.'], folder);
  return folder;
}

async function row(label, node, prepare) {
  const title = `${label}, Node ${node.version.slice(1)}`;
  if (node.missing !== undefined) {
    total.skipped += 1;
    return console.log(`${title}: SKIPPED, no such Node to be had (${node.missing})`);
  }
  try {
    const folder = prepare();
    const main = join(folder, 'dist/main.js');
    for (const OWN_CLS of ['no', 'yes']) checkEvents(await useApplication(node.path, main, { OWN_CLS }));
    total.passed += 1;
    console.log(`${title}: ok`);
  } catch (error) {
    total.failed += 1;
    console.log(`${title}: FAILED\n  ${error.message.trimEnd().replaceAll('\n', '\n  ')}`);
  }
}

try {
  const tarball = packLibrary(join(temporary, 'packed'));
  const nodes = findNodes();
  for (const generation of generations)
    for (const adapter of ['express', 'fastify'])
      for (const type of ['commonjs', 'module']) {
        const { label, versions, minNode = 0 } = generation;
        /** @type {any} */
        let made; // the application, or why there is none: made once, when the first Node asks for it
        const application = () => {
          try {
            made ??= { folder: makeApplication(versions, adapter, type, tarball) };
          } catch (error) {
            made = { error };
          }
          if (made.error) throw made.error;
          return made.folder;
        };
        for (const node of nodes.filter(({ version }) => Number.parseInt(version.slice(1)) >= minNode))
          await row(`${label}, ${adapter}, ${type}, nestjs-cls ${versions['nestjs-cls']}`, node, application);
        if (made?.folder) rmSync(made.folder, { recursive: true, force: true });
      }
  const consumers = await checkConsumers(undefined, tarball);
  total.passed += consumers.passed;
  total.failed += consumers.failed;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
