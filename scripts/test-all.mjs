// @ts-check
// `npm run test:all`: brings up the servers that tests need, builds, checks types, lints and runs
// every test. Every step runs, whatever became of those before it; the last line adds up the tests
// that Jest ran and each other step as one. `npm test` (--as-it-is) is the same without the
// servers: it changes nothing on the machine, and tests use what runs.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules/.bin', name);
const temporary = mkdtempSync(join(tmpdir(), 'test-all-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const unsteadyTests = [];

let running;
let interruption;
// The servers would outlive us: at a signal the step that runs is ended, those after it are left
// out, and the servers are released.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interruption = signal;
    running?.kill(signal);
  });
}

/** Runs a command, its output shown as it comes; true if it succeeded. */
async function run(title, command, ...args) {
  console.log(`\n── ${title}`);
  const startedAt = Date.now();
  running = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const failure = await new Promise((resolve) => {
    running.once('error', (error) => resolve(error.message));
    running.once('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  running = undefined;
  console.log(`── ${title}: ${failure === undefined ? 'ok' : `FAILED (${failure})`}, ${Date.now() - startedAt} ms`);
  return failure === undefined;
}

async function step(title, needs, command, ...args) {
  if (interruption) return;
  if (needs && !existsSync(join(root, needs))) {
    console.log(`\n── ${title}: SKIPPED, there is no ${needs}`);
    total.skipped += 1;
  } else count(title, await run(title, command, ...args));
}

function count(title, ok) {
  total[ok ? 'passed' : 'failed'] += 1;
  if (!ok) failures.push(title);
}

const withServices = !process.argv.includes('--as-it-is');
const services = (action) => [process.execPath, 'scripts/services.mjs', action, '--for', String(process.pid)];

/** What cannot be had on somebody's machine skips the tests that need it; in CI it fails. */
async function startServices() {
  const ok = await run('Services', ...services('start'));
  if (ok || process.env.CI === 'true') count('Services', ok);
  else total.skipped += 1;
}

/** More failed files than that are no accident of a busy machine. */
const MOST_RUN_AGAIN = 3;

/**
 * Some tests await other processes, servers and clocks, and a machine can be too busy for one of
 * ten thousand. Up to three files that failed are run once more by themselves; a test that passes
 * then is counted as passed, and named as unsteady at the end.
 */
async function jest() {
  if (interruption) return;
  const first = await runJest('Tests', 'jest.json');
  const failed = (first.files ?? []).filter(({ status }) => status === 'failed');
  const isWorthATry = failed.length > 0 && failed.length <= MOST_RUN_AGAIN && !interruption;
  const names = failed.map(({ name }) => name);
  const second = isWorthATry ? await runJest('Failed tests again', 'again.json', '--runTestsByPath', ...names) : first;
  if (!second.ok) failures.push('Tests');
  if (first.files === undefined || second.files === undefined) return void (total.failed += 1);

  const unsteady = new Set(
    failed.flatMap(testsOf).flatMap(({ status, fullName }) => (status === 'failed' ? fullName : [])),
  );
  const files = isWorthATry
    ? [...first.files.filter(({ status }) => status !== 'failed'), ...second.files]
    : first.files;
  const before = total.failed;
  for (const file of files) {
    if (file.status === 'failed' && testsOf(file).length === 0) total.failed += 1; // it could not be run
    for (const { fullName, status } of testsOf(file)) {
      total[status === 'passed' ? 'passed' : status === 'failed' ? 'failed' : 'skipped'] += 1;
      if (status === 'pending') console.log(`Skipped: ${fullName}`);
      if (status === 'passed' && unsteady.has(fullName)) unsteadyTests.push(fullName);
    }
  }
  if (!second.ok && total.failed === before) total.failed += 1; // no test at all, or a worker died
}

const testsOf = ({ assertionResults }) => assertionResults;

/** @returns whether it succeeded, and the reports of the files, undefined if there are none */
async function runJest(title, reportName, ...args) {
  const report = join(temporary, reportName);
  const ok = await run(title, bin('jest'), '--ci', '--json', '--outputFile', report, ...args);
  return { ok, files: existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : undefined };
}

if (withServices) await startServices();
await step('Build of the library', undefined, 'npm', 'run', '--silent', 'build');
await step(
  'Catalog of the sample application',
  'sample-app/events.lock.json',
  process.execPath,
  'scripts/sample-docs.mjs',
  '--check',
);
await step('Build of the sample application', 'sample-app/src/main.ts', bin('nest'), 'build', 'sample-app');
await step('Types of everything', undefined, bin('tsc'), '--noEmit');
await step("Types of the explorer's page", undefined, bin('tsc'), '-p', 'src/explorer/page');
await step('Types of the scripts', undefined, bin('tsc'), '-p', 'scripts');
await step('ESLint', undefined, bin('eslint'), '.');
await step('Imports without cycles', 'scripts/check-cycles.mjs', process.execPath, 'scripts/check-cycles.mjs');
await step('Prettier', undefined, bin('prettier'), '--check', '.');
await jest();
await step(
  'Conformance',
  'test/conformance/run.ts',
  process.execPath,
  '-r',
  './scripts/swc-register.cjs',
  'test/conformance/run.ts',
);
await step('Benchmarks start', 'bench/run.mjs', process.execPath, 'bench/run.mjs', '--smoke');

if (withServices && !(await run('Release of the services', ...services('stop'))))
  count('Release of the services', false);
if (interruption) count(`interrupted by ${interruption}`, false);

rmSync(temporary, { recursive: true, force: true });
for (const name of unsteadyTests) console.log(`Unsteady, failed first and passed when run again: ${name}`);
console.log(failures.length === 0 ? '' : `\nFailed: ${failures.join(', ')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
