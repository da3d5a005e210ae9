import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readSettings } from '../src/settings';
import { start } from '../src/start';
import { parseLines, type LoggedEvent } from './support/running-sample';

describe('Start', () => {
  const before = { ...process.env };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sample-app-'));
    Object.assign(process.env, {
      PORT: '0',
      TRACKING_LOG: join(folder, 'tracking.log'),
      TRACKING_REPORTS: join(folder, 'reports.log'),
      TRACKING_ENABLED: 'true',
    });
  });
  afterEach(async () => {
    process.env = { ...before };
    await rm(folder, { recursive: true });
  });

  // Printed to be pasted into a shell, so a shell runs them; curl is on the machine of whoever tries them.
  const itWithCurl = spawnSync('curl', ['--version']).error ? it.skip : it;
  itWithCurl('greets with curl lines that work as they are, and with the place of the log', async () => {
    let greeting = '';
    const app = await start((text) => (greeting = text));
    try {
      const lines = greeting.split('\n').filter((line) => line.startsWith('curl '));
      const answers: string[] = [];
      for (const line of lines) {
        answers.push((await promisify(execFile)('sh', ['-c', line.replace(/^curl /, 'curl -fsS ')])).stdout);
      }

      expect(answers.map((answer): unknown => JSON.parse(answer))).toEqual([
        expect.objectContaining({ id: 1, mode: 'verified' }),
        expect.objectContaining({ correct: true, attempts: 1 }),
        expect.any(Array),
      ]);
      expect((JSON.parse(answers[2]!) as LoggedEvent[]).map(({ name }) => name)).toEqual([
        'message.queued',
        'edx.course.enrollment.activated',
        'edx.grades.problem.submitted',
        'problem_check',
      ]);
      const page = /browser: (\S+)/.exec(greeting)![1]!;
      expect((await fetch(page)).status).toBe(200);
    } finally {
      await app.close();
    }
    const log = /log of events: (.+)/.exec(greeting)![1]!;
    expect(parseLines(await readFile(log, 'utf8'))).toHaveLength(4);
  });

  it('says so when tracking is off', async () => {
    process.env.TRACKING_ENABLED = 'false';
    let greeting = '';
    const app = await start((text) => (greeting = text));
    await app.close();

    expect(greeting).toContain('Tracking is off (TRACKING_ENABLED=false)');
  });

  it('says which port is taken, and what to do', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as AddressInfo;
    process.env.PORT = String(port);
    const print = jest.fn();
    try {
      await expect(start(print, false)).rejects.toThrow(
        `Port ${port} is taken by another program. Choose another; PORT=0 takes any free one.`,
      );
    } finally {
      await new Promise((closed) => other.close(closed));
    }
    expect(print).not.toHaveBeenCalled();
  });

  it('takes its settings from the environment, and has a default for each', () => {
    expect(readSettings({})).toEqual({
      port: 3000,
      tracking: { enabled: true, log: 'tracking.log', reports: 'reports.log' },
    });
    expect(readSettings({ PORT: '0', TRACKING_ENABLED: 'false', TRACKING_LOG: '/var/log/x.log' })).toEqual({
      port: 0,
      tracking: { enabled: false, log: '/var/log/x.log', reports: 'reports.log' },
    });
  });

  it.each([
    ['PORT', 'http', 'PORT is "http"; it can be 0 (any free port) to 65535.'],
    ['PORT', '65536', 'PORT is "65536"; it can be 0 (any free port) to 65535.'],
    ['TRACKING_ENABLED', 'no', 'TRACKING_ENABLED is "no"; it can be true or false.'],
  ])('stops with one line when %s is "%s"', async (name, value, message) => {
    process.env[name] = value;

    await expect(start(jest.fn())).rejects.toThrow(message);
  });
});
