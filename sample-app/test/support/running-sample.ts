import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { TrackerService, type StoredEvent } from 'nestjs-event-tracking';
import { events, expectNoViolations, matchers, type EventFilter } from 'nestjs-event-tracking/testing';
import request, { type Response } from 'supertest';
import { AppModule } from '../../src/app.module';

expect.extend(matchers); // for every test that starts the sample

export interface LoggedEvent {
  readonly name: string;
  readonly timestamp: string;
  readonly id: string;
  readonly context: Record<string, unknown>;
  readonly data: Record<string, unknown>;
}

interface SampleOptions {
  readonly enabled?: boolean;
  /** Whether events may depart from the catalog.  @default false */
  readonly drifts?: boolean;
  /** Replaces providers before the application is made. */
  readonly change?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** The whole application behind a real socket, its log in a temporary folder. */
export class RunningSample {
  static async of({
    enabled = true,
    drifts = false,
    change = (builder) => builder,
  }: SampleOptions = {}): Promise<RunningSample> {
    const folder = await mkdtemp(join(tmpdir(), 'sample-app-'));
    const log = join(folder, 'tracking.log');
    const reports = join(folder, 'reports.log');
    const builder = Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(ConfigService)
      .useValue(new ConfigService({ port: 0, tracking: { enabled, log, reports } }));
    const app = (await change(builder).compile()).createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    return new RunningSample(app, await app.getUrl(), folder, log, drifts);
  }

  private constructor(
    readonly app: INestApplication,
    readonly address: string,
    private readonly folder: string,
    readonly log: string,
    private readonly drifts: boolean,
  ) {}

  get(path: string): Promise<Response> {
    return Promise.resolve(request(this.address).get(path));
  }

  /** As `learner`, unless another user, or nobody (''), is named. */
  post(path: string, body?: object, user = 'learner', headers: Record<string, string> = {}): Promise<Response> {
    return Promise.resolve(request(this.address).post(path).set(as(user)).set(headers).send(body));
  }

  delete(path: string, user = 'learner'): Promise<Response> {
    return Promise.resolve(request(this.address).delete(path).set(as(user)));
  }

  /** What was tracked until now, as the application itself keeps it. */
  tracked(filter?: EventFilter): StoredEvent[] {
    return events(this.app, filter, { backend: 'recent' });
  }

  /** What `GET /events` shows. */
  async events(name?: string): Promise<LoggedEvent[]> {
    const response = await this.get(name === undefined ? '/events' : `/events?name=${encodeURIComponent(name)}`);
    expect(response.status).toBe(200);
    return response.body as LoggedEvent[];
  }

  /** The lines of the log, each parsed: a line that is not JSON fails the test. */
  async logged(): Promise<LoggedEvent[]> {
    await this.app.get(TrackerService).flush();
    return parseLines(await readFile(this.log, 'utf8'));
  }

  /** Ends the test: whatever it was about, no event got lost in it, and each kept to the catalog. */
  async close(): Promise<void> {
    await this.app.close();
    await rm(this.folder, { recursive: true });
    expect(this.app).toHaveDroppedNothing();
    if (!this.drifts) expectNoViolations(this.app);
  }
}

export function parseLines(text: string): LoggedEvent[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as LoggedEvent);
}

function as(user: string): Record<string, string> {
  return user === '' ? {} : { 'x-demo-user': user };
}
