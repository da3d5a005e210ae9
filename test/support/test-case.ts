import {
  Injectable,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  backend,
  MemoryBackend,
  TrackerService,
  TrackingModule,
  type IdentifiedEvent,
  type TrackingLedger,
  type TrackingModuleOptions,
} from '../../src/entries';

type Adapter = new () => AbstractHttpAdapter;

/** Both platforms, for `describe.each`: what holds on one of them only is not true. */
export const platforms: readonly (readonly [name: string, adapter: Adapter])[] = [
  ['Express', ExpressAdapter],
  ['Fastify', FastifyAdapter],
];

export interface TestUser {
  readonly userId: string | number;
  readonly username?: string;
}

/** Says who the user is, after every middleware, as an application's own guard does. */
@Injectable()
class HeaderUserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string | undefined>; user?: unknown }>();
    const header = request.headers['x-test-user'];
    if (header !== undefined) {
      const { userId, username } = JSON.parse(header) as TestUser;
      request.user = { id: userId, username };
    }
    return true;
  }
}

const running = new Set<RunningCase>();

afterEach(async () => {
  await Promise.all([...running].map((run) => run.close()));
});

/**
 * A whole application in a few lines. Without `tracking` it has one MemoryBackend called `sink`.
 */
export class TestCase {
  private adapter: Adapter = ExpressAdapter;
  private options: TrackingModuleOptions = { backends: { sink: backend(MemoryBackend) } };
  private user: TestUser | undefined;
  private importsBefore: NonNullable<ModuleMetadata['imports']> = [];
  private prepare: (app: INestApplication) => unknown = () => undefined;

  private constructor(private readonly metadata: ModuleMetadata) {}

  static of(metadata: ModuleMetadata): TestCase {
    return new TestCase(metadata);
  }

  on(adapter: Adapter | Type): this {
    this.adapter = adapter as Adapter;
    return this;
  }

  tracking(options: TrackingModuleOptions): this {
    this.options = options;
    return this;
  }

  /** Modules that stand before TrackingModule: their middleware runs before its own. */
  importing(...modules: NonNullable<ModuleMetadata['imports']>): this {
    this.importsBefore = modules;
    return this;
  }

  /** Every request is this user's. */
  as(user: TestUser): this {
    this.user = user;
    return this;
  }

  /**
   * Called with the application before it listens: global pipes, microservices, Express settings.
   */
  prepared(prepare: (app: INestApplication) => unknown): this {
    this.prepare = prepare;
    return this;
  }

  /** Starts it on a free port of 127.0.0.1; closed after the test. */
  async start(): Promise<RunningCase> {
    const { imports = [], providers = [], ...rest } = this.metadata;
    const module = await Test.createTestingModule({
      ...rest,
      imports: [...this.importsBefore, TrackingModule.forRoot(this.options), ...imports],
      providers: [{ provide: APP_GUARD, useClass: HeaderUserGuard }, ...providers],
    }).compile();
    const app = module.createNestApplication(new this.adapter(), { logger: false });
    await this.prepare(app);
    await app.listen(0, '127.0.0.1');
    const run = new RunningCase(app, this.user);
    running.add(run);
    return run;
  }

  async get(path: string): Promise<FinishedCase> {
    return this.finish('GET', path);
  }

  async post(path: string, body?: unknown): Promise<FinishedCase> {
    return this.finish('POST', path, body);
  }

  private async finish(method: string, path: string, body?: unknown): Promise<FinishedCase> {
    const run = await this.start();
    const response = await run.request(method, path, body === undefined ? {} : { body });
    await run.tracker.flush();
    return { ...response, events: (backendPath) => run.events(backendPath), ledger: run.tracker.ledger };
  }
}

export interface CaseResponse {
  readonly status: number;
  /** Parsed JSON, else the text. */
  readonly body: unknown;
}

export interface FinishedCase extends CaseResponse {
  readonly events: (path?: string) => IdentifiedEvent[];
  readonly ledger: TrackingLedger;
}

export interface CaseRequest {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: TestUser;
}

export class RunningCase {
  readonly tracker: TrackerService;
  private closing: Promise<void> | undefined;

  constructor(
    readonly app: INestApplication,
    private readonly user: TestUser | undefined,
  ) {
    this.tracker = app.get(TrackerService);
  }

  /** What the MemoryBackend at `path` keeps, oldest first. */
  events(path = 'sink'): IdentifiedEvent[] {
    return this.tracker.backend<MemoryBackend>(path).events();
  }

  async url(path = ''): Promise<string> {
    const url = await this.app.getUrl();
    return `${url.replace('[::1]', '127.0.0.1')}${path}`;
  }

  async request(
    method: string,
    path: string,
    { body, headers = {}, as = this.user }: CaseRequest = {},
  ): Promise<CaseResponse> {
    const response = await fetch(await this.url(path), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(as === undefined ? {} : { 'x-test-user': asciiJson(as) }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: parsed(text) };
  }

  get(path: string, request?: CaseRequest): Promise<CaseResponse> {
    return this.request('GET', path, request);
  }

  post(path: string, body?: unknown, request?: CaseRequest): Promise<CaseResponse> {
    return this.request('POST', path, { ...request, body });
  }

  close(): Promise<void> {
    running.delete(this);
    this.closing ??= this.app.close();
    return this.closing;
  }
}

/** A header holds no other characters. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\u0000-\u007f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
