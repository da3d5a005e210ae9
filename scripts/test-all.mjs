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

async function jest() {
  if (interruption) return;
  const report = join(temporary, 'jest.json');
  const ok = await run('Tests', bin('jest'), '--ci', '--json', '--outputFile', report);
  if (!ok) failures.push('Tests');
  if (!existsSync(report)) return void (total.failed += 1);
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  total.passed += counts.numPassedTests;
  total.failed += counts.numFailedTests + counts.numRuntimeErrorTestSuites;
  total.skipped += counts.numPendingTests + counts.numTodoTests;
  if (!ok && counts.numFailedTests + counts.numRuntimeErrorTestSuites === 0) total.failed += 1; // no test at all, or a worker died
  for (const { fullName, status } of counts.testResults.flatMap(({ assertionResults }) => assertionResults)) {
    if (status === 'pending') console.log(`Skipped: ${fullName}`);
  }
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
console.log(failures.length === 0 ? '' : `\nFailed: ${failures.join(', ')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
