import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { INestApplication } from '@nestjs/common';
import { TrackingLedger } from 'nestjs-event-tracking';
import { until } from '../../test/support/until';
import { readSettings } from '../src/settings';
import { start } from '../src/start';
import { parseLines, type LoggedEvent } from './support/running-sample';

/** True if the relay has sent the events of the outbox. */
function isRelayed(app: INestApplication): boolean {
  const { outbox, relayed } = app.get(TrackingLedger).tracker();
  return outbox === relayed;
}

describe('Start', () => {
  const before = { ...process.env };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sample-app-'));
    delete process.env.DATABASE_URL;
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

  // The greeting prints commands for a shell, so this test runs them in a shell. It needs curl.
  const itWithCurl = spawnSync('curl', ['--version']).error ? it.skip : it;
  itWithCurl(
    'prints the address of the explorer first, curl commands that work unchanged, and the path of the log',
    async () => {
      let greeting = '';
      const app = await start((text) => (greeting = text));
      try {
        const lines = greeting.split('\n').filter((line) => line.startsWith('curl '));
        const outputs: string[] = [];
        for (const line of lines) {
          outputs.push((await promisify(execFile)('sh', ['-c', line.replace(/^curl /, 'curl -fsS ')])).stdout);
          await until(() => isRelayed(app));
        }

        expect(outputs.map((output): unknown => JSON.parse(output))).toEqual([
          expect.objectContaining({ id: 1, mode: 'verified' }),
          expect.objectContaining({ correct: true, attempts: 1 }),
          expect.any(Array),
        ]);
        expect((JSON.parse(outputs[2]!) as LoggedEvent[]).map(({ name }) => name)).toEqual([
          'message.queued',
          'edx.course.enrollment.activated',
          'edx.grades.problem.submitted',
          'problem_check',
        ]);
        const explorer = /^\nThe explorer of your events: (\S+)\n/.exec(greeting)![1]!;
        expect((await fetch(explorer, { redirect: 'manual' })).headers.get('location')).toBe('tracking/');
        const info = (await (await fetch(`${explorer}/api/info`)).json()) as { actions: object };
        expect(info.actions).toEqual({ redrive: true, purge: true });
        const page = /in your browser: (\S+)/.exec(greeting)![1]!;
        expect((await fetch(page)).status).toBe(200);
      } finally {
        await app.close();
      }
      const log = /log of all events: (.+)/.exec(greeting)![1]!;
      expect(parseLines(await readFile(log, 'utf8'))).toHaveLength(4);
    },
  );

  it('reports that tracking is off', async () => {
    process.env.TRACKING_ENABLED = 'false';
    let greeting = '';
    const app = await start((text) => (greeting = text));
    await app.close();

    expect(greeting).toContain('Tracking is off (TRACKING_ENABLED=false)');
  });

  it('reports a port that is in use, and how to fix it', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as AddressInfo;
    process.env.PORT = String(port);
    const print = jest.fn();
    try {
      await expect(start(print, false)).rejects.toThrow(
        `Port ${port} is in use by another program. Set PORT to a free port, or to 0 for any free port.`,
      );
    } finally {
      await new Promise((closed) => other.close(closed));
    }
    expect(print).not.toHaveBeenCalled();
  });

  it('reports a database that does not answer, and how to fix it', async () => {
    process.env.DATABASE_URL = 'postgres://127.0.0.1:1/sample';

    await expect(start(jest.fn(), false)).rejects.toThrow(
      'The database at DATABASE_URL does not work: connect ECONNREFUSED 127.0.0.1:1. Start PostgreSQL, or remove DATABASE_URL to use a database in memory.',
    );
  });

  it('reads its settings from the environment, with defaults', () => {
    expect(readSettings({})).toEqual({
      port: 3000,
      traffic: 0,
      tracking: { enabled: true, log: 'tracking.log', reports: 'reports.log' },
    });
    expect(
      readSettings({
        ...{ PORT: '0', SAMPLE_TRAFFIC: '5', TRACKING_ENABLED: 'false', TRACKING_LOG: '/var/log/x.log' },
        DATABASE_URL: 'postgres://127.0.0.1/sample',
      }),
    ).toEqual({
      port: 0,
      traffic: 5,
      databaseUrl: 'postgres://127.0.0.1/sample',
      tracking: { enabled: false, log: '/var/log/x.log', reports: 'reports.log' },
    });
  });

  it.each([
    ['PORT', 'http', 'PORT is "http". Set it to a number from 0 (any free port) to 65535.'],
    ['PORT', '65536', 'PORT is "65536". Set it to a number from 0 (any free port) to 65535.'],
    ['SAMPLE_TRAFFIC', '1001', 'SAMPLE_TRAFFIC is "1001". Set it to a number from 0 (no traffic) to 1000.'],
    [
      'DATABASE_URL',
      'mysql://127.0.0.1/a',
      'DATABASE_URL is not a URL of PostgreSQL. Set it like postgres://user:password@127.0.0.1:5432/database, or remove it to use a database in memory.',
    ],
    ['TRACKING_ENABLED', 'no', 'TRACKING_ENABLED is "no". Set it to true or false.'],
  ])('stops with one line when %s is "%s"', async (name, value, message) => {
    process.env[name] = value;

    await expect(start(jest.fn())).rejects.toThrow(message);
  });
});
