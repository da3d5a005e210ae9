/**
 * Request headers are user input: a line break in one forges log lines for whoever prints them raw, a megabyte of agent
 * string fills the disk, a session id in a log is a login for its reader. So every text taken from a request is cut, cleaned
 * of control characters, and a session is known by its hash only.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { EventFields } from '../event/tracking-event';

/**
 * The request as the platform's handlers see it: Express's Request, or FastifyRequest once Fastify has made it. Whatever
 * middleware and guards have put there (user, session) is there too.
 */
export interface TrackedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly ip?: string | undefined;
  readonly host?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly [key: string]: unknown;
}

/** false leaves the field out, a text gives it another name, a function adds it or replaces it: called at each emit. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an application reads its own request type, Express or Fastify
export type RequestField = false | string | ((request: any) => unknown);

export interface RequestContextOptions {
  /** Routes that get a request context, as Nest's `forRoutes` takes them.  @default every route */
  readonly forRoutes?: readonly (string | object)[] | undefined;
  /** Routes that get none, as Nest's `exclude` takes them.  @default [] */
  readonly exclude?: readonly (string | object)[] | undefined;
  /** Changes to the fields, by name: see `RequestField`.  @default {} */
  readonly fields?: Readonly<Record<string, RequestField>> | undefined;
  /** Fields that are written as a keyed hash (HMAC-SHA-256, 32 hex digits) of their value.  @default none */
  readonly hash?: { readonly fields: readonly string[]; readonly key: string } | undefined;
}

const MAX_LENGTH = 1024;
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** A request id is copied into every event and into other systems' logs: what does not look like one is not taken over. */
const SANE_ID = /^[\w.:+/=@-]{1,128}$/;
const FASTIFY_COUNTER = /^req-[0-9a-z]+$/;

/** Fields that are known when a request comes in, and stay. */
const AT_ENTRY: Readonly<Record<string, (request: TrackedRequest) => unknown>> = {
  request_id: requestId,
  ip: (request) => request.ip ?? (request['socket'] as { remoteAddress?: string } | undefined)?.remoteAddress,
  agent: (request) => request.headers['user-agent'],
  host: (request) => request.host ?? request.headers['host'],
  path: (request) => (request.originalUrl ?? request.url)?.split('?', 1)[0],
  referer: (request) => request.headers['referer'],
  accept_language: (request) => request.headers['accept-language'],
  method: (request) => request.method,
};

/** Fields that guards and middleware after ours bring. */
const AT_EMIT: Readonly<Record<string, (request: TrackedRequest) => unknown>> = {
  user_id: (request) => firstOf(userOf(request), ['id', 'user_id', 'userId', 'sub']),
  username: (request) => firstOf(userOf(request), ['username', 'preferred_username', 'name']),
  session: sessionHash,
};

/** The names that `fields` can change, in the order in which they are written. */
export const REQUEST_FIELDS: readonly string[] = [...Object.keys(AT_ENTRY), ...Object.keys(AT_EMIT)];

type Reader = readonly [name: string, read: (request: TrackedRequest) => unknown];

/** Reads the fields of a request, as one tracker is configured to. */
export class RequestFields {
  private readonly entryReaders: readonly Reader[];
  private readonly emitReaders: readonly Reader[];

  constructor(options: RequestContextOptions) {
    const changes = options.fields ?? {};
    const hashed = new Set(options.hash?.fields ?? []);
    const key = options.hash?.key ?? '';
    const reader = (name: string, read: (request: TrackedRequest) => unknown): Reader => [
      name,
      hashed.has(name) ? (request) => hash(read(request), key) : read,
    ];
    const readers = (known: Readonly<Record<string, (request: TrackedRequest) => unknown>>): Reader[] =>
      Object.entries(known).flatMap(([name, read]) => {
        const change = changes[name];
        if (change === false || typeof change === 'function') return [];
        return [reader(change ?? name, (request) => clean(read(request)))];
      });
    const added = Object.entries(changes).flatMap(([name, change]) =>
      typeof change === 'function' ? [reader(name, change)] : [],
    );
    this.entryReaders = readers(AT_ENTRY);
    this.emitReaders = [...readers(AT_EMIT), ...added];
  }

  /** Never throws: a getter of the request that does leaves its field out. */
  atEntry(request: TrackedRequest): EventFields {
    return read(this.entryReaders, request);
  }

  /** As `atEntry`, for what may have changed since. */
  atEmit(request: TrackedRequest): EventFields {
    return read(this.emitReaders, request);
  }
}

function read(readers: readonly Reader[], request: TrackedRequest): EventFields {
  const fields: EventFields = {};
  for (const [name, readField] of readers) {
    try {
      const value = readField(request);
      if (value !== undefined && value !== null) fields[name] = value;
    } catch {
      // One unreadable field must cost neither the others nor the request.
    }
  }
  return fields;
}

/**
 * An id that a logger has set already is the one under which the request is known elsewhere (pino-http sets `id`). Fastify's
 * own ids are counters that begin anew in every process, so they name no request beyond it.
 */
function requestId(request: TrackedRequest): string {
  for (const id of [request['id'], request.headers['x-request-id']]) {
    const text = typeof id === 'number' ? String(id) : id;
    if (typeof text === 'string' && SANE_ID.test(text) && !FASTIFY_COUNTER.test(text)) return text;
  }
  return randomUUID();
}

function userOf(request: TrackedRequest): Record<string, unknown> | undefined {
  const user = request['user'];
  return typeof user === 'object' && user !== null ? (user as Record<string, unknown>) : undefined;
}

function firstOf(source: Record<string, unknown> | undefined, keys: readonly string[]): unknown {
  if (source === undefined) return undefined;
  for (const key of keys) {
    const value = source[key];
    if (value !== undefined && value !== null) return isScalar(value) ? value : textOf(value);
  }
  return undefined;
}

/** An ObjectId is its text. */
function textOf(value: { toString(): string }): string {
  return value.toString();
}

function sessionHash(request: TrackedRequest): string | undefined {
  const session = request['session'] as { id?: unknown; sessionId?: unknown } | undefined;
  const id = request['sessionID'] ?? session?.sessionId ?? session?.id;
  return typeof id === 'string' && id !== '' ? createHash('sha256').update(id).digest('hex').slice(0, 32) : undefined;
}

function hash(value: unknown, key: string): string | undefined {
  if (!isScalar(value)) return undefined;
  return createHmac('sha256', key).update(String(value)).digest('hex').slice(0, 32);
}

function isScalar(value: unknown): value is string | number | boolean | bigint {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return clean(value[0]);
  return typeof value === 'string' ? value.slice(0, MAX_LENGTH).replace(CONTROL_CHARACTERS, ' ') : value;
}
