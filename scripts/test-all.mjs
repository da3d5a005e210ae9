// `npm run test:all`: builds, checks types, lints and runs every test. Every step runs, whatever became of those before it;
// the last line adds up the tests that Jest ran and each other step as one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules/.bin', name);
const temporary = mkdtempSync(join(tmpdir(), 'test-all-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

/** Runs a command, its output shown as it comes; true if it succeeded. */
function run(title, command, ...args) {
  console.log(`\n── ${title}`);
  const startedAt = Date.now();
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const ok = status === 0;
  console.log(
    `── ${title}: ${ok ? 'ok' : `FAILED (${error?.message ?? signal ?? `exit code ${status}`})`}, ${Date.now() - startedAt} ms`,
  );
  if (!ok) failures.push(title);
  return ok;
}

function step(title, needs, command, ...args) {
  if (needs && !existsSync(join(root, needs))) {
    console.log(`\n── ${title}: SKIPPED, there is no ${needs}`);
    total.skipped += 1;
  } else total[run(title, command, ...args) ? 'passed' : 'failed'] += 1;
}

function jest() {
  const report = join(temporary, 'jest.json');
  const ok = run('Tests', bin('jest'), '--ci', '--json', '--outputFile', report);
  if (!existsSync(report)) return void (total.failed += 1);
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  total.passed += counts.numPassedTests;
  total.failed += counts.numFailedTests + counts.numRuntimeErrorTestSuites;
  total.skipped += counts.numPendingTests + counts.numTodoTests;
  if (!ok && counts.numFailedTests + counts.numRuntimeErrorTestSuites === 0) total.failed += 1; // no test at all, or a worker died
}

step('Build of the library', undefined, 'npm', 'run', '--silent', 'build');
step('Build of the sample application', 'sample-app/src/main.ts', bin('nest'), 'build', 'sample-app');
step('Types of everything', undefined, bin('tsc'), '--noEmit');
step('ESLint', undefined, bin('eslint'), '.');
step('Prettier', undefined, bin('prettier'), '--check', '.');
jest();
step(
  'Conformance',
  'test/conformance/run.ts',
  process.execPath,
  '-r',
  './scripts/swc-register.cjs',
  'test/conformance/run.ts',
);
step('Benchmarks start', 'bench/run.mjs', process.execPath, 'bench/run.mjs', '--smoke');

rmSync(temporary, { recursive: true, force: true });
console.log(failures.length === 0 ? '' : `\nFailed: ${failures.join(', ')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
