// `npm run test:matrix`: the packed package in fresh applications, each installed by npm, compiled by tsc, started, asked once and
// stopped, on this Node and on Node 24. One row a combination; the last line counts them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { devDependencies: dev } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const temporary = mkdtempSync(join(tmpdir(), 'matrix-'));
const total = { passed: 0, failed: 0, skipped: 0 };

const nest11 = { label: 'Nest 11', core: '11.2.10', express: '11.2.10', fastify: '11.2.8', cls: '6.3.1' };
const nest12 = {
  label: 'Nest 12',
  core: dev['@nestjs/core'],
  express: dev['@nestjs/platform-express'],
  fastify: dev['@nestjs/platform-fastify'],
};
const generations = [nest11, { ...nest12, cls: '6.3.1' }, { ...nest12, cls: '7.0.0', minNode: 22 }];

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 300_000 });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
}

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

function makeApplication({ core, cls, ...platforms }, adapter, type, tarball) {
  const folder = mkdtempSync(join(temporary, 'app-'));
  cpSync(join(root, 'scripts/matrix'), folder, { recursive: true });
  cpSync(join(folder, `adapter.${adapter}.ts`), join(folder, 'src/adapter.ts'));
  const manifest = {
    name: 'matrix-application',
    private: true,
    type,
    dependencies: {
      '@nestjs/common': core,
      '@nestjs/core': core,
      [`@nestjs/platform-${adapter}`]: platforms[adapter],
      'nestjs-cls': cls,
      'nestjs-event-tracking': `file:${tarball}`,
      'reflect-metadata': dev['reflect-metadata'],
      rxjs: dev.rxjs,
    },
    devDependencies: { '@types/node': dev['@types/node'], typescript: dev.typescript },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], folder);
  run(join(folder, 'node_modules/.bin/tsc'), ['-p', '.'], folder);
  return folder;
}

/** Starts the application, enrols once over HTTP, stops it; answers the events of its log. */
async function useApplication(node, folder, ownCls) {
  const cwd = mkdtempSync(join(folder, 'run-'));
  const app = spawn(node, [join(folder, 'dist/main.js')], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', OWN_CLS: ownCls ? 'yes' : 'no' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  let complaints = '';
  app.stderr.setEncoding('utf8').on('data', (text) => (complaints += text));
  const ended = once(app, 'close');
  try {
    const port = await Promise.race([
      (async () => {
        for await (const line of createInterface(app.stdout)) {
          const found = /^listening on (\d+)$/.exec(line);
          if (found) return found[1];
          complaints += `${line}\n`;
        }
      })(),
      ended.then(() => undefined),
    ]);
    if (port === undefined) throw new Error(`did not start:\n${complaints}`);
    app.stdout.resume();
    const response = await fetch(`http://127.0.0.1:${port}/courses/DemoX/enrolment`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'matrix', 'x-request-id': 'request-1' },
      body: '{"mode":"audit"}',
      signal: AbortSignal.timeout(10_000),
    });
    const body = await response.text();
    if (response.status !== 201 || body !== '{"id":7,"mode":"audit"}') throw new Error(`${response.status} ${body}`);
  } finally {
    app.kill('SIGTERM');
    await ended;
  }
  if (complaints !== '') throw new Error(`it said:\n${complaints}`);
  return readFileSync(join(cwd, 'tracking.log'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function checkEvents(events) {
  const request = { agent: 'matrix', request_id: 'request-1', path: '/courses/DemoX/enrolment', method: 'POST' };
  const expected = [
    { name: 'seat.taken', data: { mode: 'audit' }, context: { ...request, course_id: 'DemoX' } },
    { name: 'course.enrolled', data: { course: 'DemoX', enrolment: { id: 7, mode: 'audit' } }, context: request },
  ];
  const seen = events.map(({ name, data, context }) => {
    const { agent, request_id, path, method, course_id } = context;
    const known = { agent, request_id, path, method, ...(course_id === undefined ? {} : { course_id }) };
    return { name, data, context: known };
  });
  const identified = events.every(
    ({ id, timestamp }) => typeof id === 'string' && !Number.isNaN(Date.parse(timestamp)),
  );
  if (!identified || !isDeepStrictEqual(seen, expected)) throw new Error(`the log has ${JSON.stringify(events)}`);
}

async function row(label, node, prepare) {
  const title = `${label}, Node ${node.version.slice(1)}`;
  if (node.missing !== undefined) {
    total.skipped += 1;
    return console.log(`${title}: SKIPPED, no such Node to be had (${node.missing})`);
  }
  try {
    const folder = prepare();
    for (const ownCls of [false, true]) checkEvents(await useApplication(node.path, folder, ownCls));
    total.passed += 1;
    console.log(`${title}: ok`);
  } catch (error) {
    total.failed += 1;
    console.log(`${title}: FAILED\n  ${error.message.trimEnd().replaceAll('\n', '\n  ')}`);
  }
}

try {
  run('npm', ['run', 'build'], root);
  mkdirSync(join(temporary, 'packed'));
  const packed = ['pack', '--ignore-scripts', '--json', '--pack-destination', join(temporary, 'packed')];
  const tarball = join(temporary, 'packed', JSON.parse(run('npm', packed, root))[0].filename);
  const nodes = findNodes();
  for (const generation of generations)
    for (const adapter of ['express', 'fastify'])
      for (const type of ['commonjs', 'module']) {
        const { label, cls, minNode = 0 } = generation;
        let made; // the application, or why there is none: made once, when the first Node asks for it
        const application = () => {
          try {
            made ??= { folder: makeApplication(generation, adapter, type, tarball) };
          } catch (error) {
            made = { error };
          }
          if (made.error) throw made.error;
          return made.folder;
        };
        for (const node of nodes.filter(({ version }) => Number.parseInt(version.slice(1)) >= minNode))
          await row(`${label}, ${adapter}, ${type}, nestjs-cls ${cls}`, node, application);
        if (made?.folder) rmSync(made.folder, { recursive: true, force: true });
      }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
