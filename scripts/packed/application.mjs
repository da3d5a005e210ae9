// @ts-check
// The packed library, and what is done with an application that has it installed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The versions that this repository is built with. */
export const { devDependencies: dev } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** @returns what the command printed. @throws Error with all of its output, if it fails */
export function run(command, args, cwd, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
    env: { ...process.env, ...env },
  });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
}

/** Builds the library and packs it as npm would publish it. @returns the path of the tarball */
export function packLibrary(folder) {
  run('npm', ['run', 'build'], root);
  mkdirSync(folder, { recursive: true });
  const packed = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  return join(folder, JSON.parse(run('npm', packed, root))[0].filename);
}

/**
 * Starts an application, enrols once over HTTP, and stops it. Fails if it prints anything to
 * stderr.
 * @param main what Node starts
 * @returns the events of its log
 */
export async function useApplication(node, main, env = {}) {
  const cwd = mkdtempSync(join(dirname(main), 'run-'));
  const app = spawn(node, [main], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
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
  if (complaints !== '') throw new Error(`it printed to stderr:\n${complaints}`);
  return readFileSync(join(cwd, 'tracking.log'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Whether these are the two events of one enrolment, with the context of the request. */
export function checkEvents(events) {
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
