import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { TrackerService, TrackingLedger, type IdentifiedEvent } from 'nestjs-event-tracking';
import { events, expectNoViolations, matchers, type EventFilter } from 'nestjs-event-tracking/testing';
import request, { type Response } from 'supertest';
import { until } from '../../../test/support/until';
import { AppModule } from '../../src/app.module';
import { DATABASE } from '../../src/database/database';
import { emptyDatabase } from './empty-database';

expect.extend(matchers); // once for every spec file that starts the sample

export interface LoggedEvent {
  readonly name: string;
  readonly timestamp: string;
  readonly id: string;
  readonly context: Record<string, unknown>;
  readonly data: Record<string, unknown>;
}

interface SampleOptions {
  readonly enabled?: boolean;
  /** Events per second of simulated learners.  @default 0 */
  readonly traffic?: number;
  /** URL of PostgreSQL.  @default none: a database in memory */
  readonly databaseUrl?: string;
  /** Allows events that violate the catalog.  @default false */
  readonly allowsViolations?: boolean;
  /** Replaces providers before the application is created. */
  readonly change?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** The complete application on a real socket. Its logs are in a temporary folder. */
export class RunningSample {
  static async start({
    enabled = true,
    traffic = 0,
    databaseUrl,
    allowsViolations = false,
    change = (builder) => builder,
  }: SampleOptions = {}): Promise<RunningSample> {
    const folder = await mkdtemp(join(tmpdir(), 'sample-app-'));
    const log = join(folder, 'tracking.log');
    const reports = join(folder, 'reports.log');
    const builder = Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(ConfigService)
      .useValue(new ConfigService({ port: 0, traffic, databaseUrl, tracking: { enabled, log, reports } }));
    if (databaseUrl === undefined) builder.overrideProvider(DATABASE).useValue(await emptyDatabase());
    const app = (await change(builder).compile()).createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    return new RunningSample(app, await app.getUrl(), folder, log, allowsViolations);
  }

  private constructor(
    readonly app: INestApplication,
    readonly address: string,
    private readonly folder: string,
    readonly log: string,
    private readonly allowsViolations: boolean,
  ) {}

  /** Gets a path without a user by default. */
  get(path: string, user = ''): Promise<Response> {
    return Promise.resolve(request(this.address).get(path).set(userHeader(user)));
  }

  /**
   * Posts as `learner` by default, and waits until the relay has sent the events of the outbox. An
   * empty `user` sends no user header.
   */
  async post(path: string, body?: object, user = 'learner', headers: Record<string, string> = {}): Promise<Response> {
    const response = await request(this.address).post(path).set(userHeader(user)).set(headers).send(body);
    if (!process.env.REDIS_URL) await this.relayed(); // with it, workers run the relay
    return response;
  }

  delete(path: string, user = 'learner'): Promise<Response> {
    return Promise.resolve(request(this.address).delete(path).set(userHeader(user)));
  }

  /** Returns the events in the memory backend of the application. */
  tracked(filter?: EventFilter): IdentifiedEvent[] {
    return events(this.app, filter, { backend: 'recent' });
  }

  /** Returns the response of `GET /events`. */
  async events(name?: string): Promise<LoggedEvent[]> {
    const response = await this.get(name === undefined ? '/events' : `/events?name=${encodeURIComponent(name)}`);
    expect(response.status).toBe(200);
    return response.body as LoggedEvent[];
  }

  private async relayed(): Promise<void> {
    const counts = () => this.app.get(TrackingLedger).tracker();
    await until(
      () => counts().relayed === counts().outbox,
      () => JSON.stringify(counts()),
    );
  }

  /** Returns the parsed lines of the log. A line that is not JSON fails the test. */
  async logged(): Promise<LoggedEvent[]> {
    await this.app.get(TrackerService).flush();
    return parseLines(await readFile(this.log, 'utf8'));
  }

  /** Stops the application and checks that no event was lost and none violated the catalog. */
  async close(): Promise<void> {
    await this.app.close();
    await rm(this.folder, { recursive: true });
    expect(this.app).toHaveDroppedNothing();
    if (!this.allowsViolations) expectNoViolations(this.app);
  }
}

export function parseLines(text: string): LoggedEvent[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as LoggedEvent);
}

function userHeader(user: string): Record<string, string> {
  return user === '' ? {} : { 'x-demo-user': user };
}
