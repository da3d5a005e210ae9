/**
 * Request headers are user input: a line break in one forges log lines for whoever prints them raw, a megabyte of agent
 * string fills the disk, a session id in a log is a login for its reader. So every text taken from a request is cut, cleaned
 * of control characters, and a session is known by its hash only.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { FieldRow } from './field-row';
import type { RequestContextOptions } from './request-context-options';
import { isScalar, userId, username, type PassedRequest } from './request-user';

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

const MAX_LENGTH = 1024;
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** What a text has to be cleaned of, and what JSON escapes: one look for both, since almost no text has any of it. */
const UNUSUAL = /[\u0000-\u001f"\\\u007f-\u009f\u2028\u2029\ud800-\udfff]/;
/** A request id is copied into every event and into other systems' logs: what does not look like one is not taken over. */
const SANE_ID = /^[\w.:+/=@-]{1,128}$/;
const FASTIFY_COUNTER = /^req-[0-9a-z]+$/;

/** Several trackers may track one request, and must agree on its id. */
export interface RequestIdentity {
  id: string | undefined;
}

/** What is gone from a request when its socket is closed, as it was when the request came in; and what is known of it since. */
export interface EnteredRequest {
  readonly ip: unknown;
  readonly identity: RequestIdentity;
}

type Read = (request: TrackedRequest, entered: EnteredRequest) => unknown;

/**
 * Fields that stay as they are at the first emit. Not at entry: a logger's middleware after ours may give the request its id,
 * and Fastify has no request of its own yet, which alone knows the host that a trusted proxy was called by.
 */
const ONCE: Readonly<Record<string, Read>> = {
  request_id: requestId,
  ip: (_request, { ip }) => ip,
  agent: (request) => request.headers['user-agent'],
  host: (request) => request.host ?? request.headers['host'],
  path: (request) => withoutQuery(request.originalUrl ?? request.url),
  referer: (request) => request.headers['referer'],
  accept_language: (request) => request.headers['accept-language'],
  method: (request) => request.method,
};

/** Fields that guards and middleware after ours bring, and may change. */
const AT_EMIT: Readonly<Record<string, Read>> = {
  user_id: userId,
  username,
  session: sessionHash,
};

/** The names that `fields` can change, in the order in which they are written. */
export const REQUEST_FIELDS: readonly string[] = [...Object.keys(ONCE), ...Object.keys(AT_EMIT)];

interface Reader {
  /** Under which the event has it. */
  readonly name: string;
  /** Under which the options have it. */
  readonly field: string;
  readonly read: Read;
  /** Whether texts are cut and cleaned; those that a function of the application gives are its own business. */
  readonly isCleaned: boolean;
}

/** Readers, with the names of what they read. */
interface Readers {
  readonly all: readonly Reader[];
  readonly names: readonly string[];
  readonly jsonKeys: readonly string[];
}

/** Told of a field that could not be read, and is left out. */
export type OnFieldFault = (field: string, error: unknown) => void;

/** Reads the fields of a request, as one tracker is configured to. Never throws. */
export class RequestFields {
  private readonly onceReaders: Readers;
  private readonly emitReaders: Readers;
  /** Whether each name is that of one field; two may have been renamed alike. */
  readonly areDistinct: boolean;

  constructor(
    { fields: changes = {}, hash }: RequestContextOptions,
    private readonly onFault: OnFieldFault,
  ) {
    // By either name: whoever renames a field that is to be hidden must not find it in the open.
    const isHashed = (reader: Reader): boolean =>
      hash?.fields.some((name) => name === reader.name || name === reader.field) === true;
    const hashed = (reader: Reader): Reader => {
      if (hash === undefined || !isHashed(reader)) return reader;
      const { read, isCleaned } = reader;
      const value: Read = isCleaned ? (request, entered) => clean(read(request, entered)) : read;
      return { ...reader, read: (request, entered) => keyedHash(value(request, entered), hash.key) };
    };
    const readers = (known: Readonly<Record<string, Read>>): Reader[] =>
      Object.entries(known).flatMap(([field, read]) => {
        const change = changes[field];
        if (change === false || typeof change === 'function') return [];
        return [hashed({ name: change ?? field, field, read, isCleaned: true })];
      });
    const added = Object.entries(changes).flatMap(([field, change]) =>
      typeof change === 'function'
        ? [hashed({ name: field, field, read: (request) => atOnce(change(request)), isCleaned: false })]
        : [],
    );
    this.onceReaders = withNames(readers(ONCE));
    this.emitReaders = withNames([...readers(AT_EMIT), ...added]);
    const names = [...this.onceReaders.names, ...this.emitReaders.names];
    this.areDistinct = new Set(names).size === names.length;
  }

  /** To be called when the request comes in. */
  enter(request: TrackedRequest, identity: RequestIdentity): EnteredRequest {
    try {
      const ip = request.ip ?? (request['socket'] as { remoteAddress?: string } | undefined)?.remoteAddress;
      return { ip, identity };
    } catch (error) {
      this.onFault('ip', error);
      return { ip: undefined, identity };
    }
  }

  /** To be called at the first emit. @param isQuiet whether a field that cannot be read is left out unreported */
  once(request: TrackedRequest, entered: EnteredRequest, isQuiet = false): FieldRow {
    return this.read(this.onceReaders, request, entered, isQuiet);
  }

  /** To be called at each emit. @param isQuiet as for `once` */
  atEmit(request: TrackedRequest, entered: EnteredRequest, isQuiet = false): FieldRow {
    return this.read(this.emitReaders, request, entered, isQuiet);
  }

  private read(
    { all, names, jsonKeys }: Readers,
    request: TrackedRequest,
    entered: EnteredRequest,
    isQuiet: boolean,
  ): FieldRow {
    const values: unknown[] = [];
    let isUsual = true;
    for (let at = 0; at < all.length; at++) {
      const { field, read, isCleaned } = all[at] as Reader;
      let value: unknown;
      try {
        value = read(request, entered);
        if (typeof value === 'string') {
          if (UNUSUAL.test(value)) isUsual = false;
          if (isCleaned && (!isUsual || value.length > MAX_LENGTH)) value = clean(value);
        } else if (isCleaned && Array.isArray(value)) {
          value = clean(value);
          isUsual = false;
        }
      } catch (error) {
        value = undefined;
        if (!isQuiet) this.onFault(field, error); // one unreadable field must cost neither the others nor the request
      }
      values.push(value ?? undefined);
    }
    return new FieldRow(names, jsonKeys, values, isUsual);
  }
}

function withNames(all: readonly Reader[]): Readers {
  const names = all.map(({ name }) => name);
  return { all, names, jsonKeys: names.map((name) => `${JSON.stringify(name)}:`) };
}

function requestId(request: TrackedRequest, { identity }: EnteredRequest): string {
  return (identity.id ??= givenId(request) ?? randomUUID());
}

/**
 * An id that a logger has set is the one under which the request is known elsewhere (pino-http sets `id`). Fastify's own ids
 * are counters that begin anew in every process, so they name no request beyond it.
 */
function givenId(request: TrackedRequest): string | undefined {
  const { id, raw } = request as { id?: unknown; raw?: { id?: unknown } };
  return ofLogger(id) ?? ofLogger(raw?.id) ?? sane(request.headers['x-request-id']);
}

function ofLogger(id: unknown): string | undefined {
  return id === undefined || (typeof id === 'string' && FASTIFY_COUNTER.test(id)) ? undefined : sane(id);
}

function sane(id: unknown): string | undefined {
  const text = typeof id === 'number' ? String(id) : id;
  return typeof text === 'string' && SANE_ID.test(text) ? text : undefined;
}

function sessionHash(request: TrackedRequest): string | undefined {
  const passed = request as PassedRequest;
  const session = passed.session ?? passed.raw?.session;
  const id = passed.sessionID ?? passed.raw?.sessionID ?? session?.sessionId ?? session?.id;
  return typeof id === 'string' && id !== '' ? createHash('sha256').update(id).digest('hex').slice(0, 32) : undefined;
}

function keyedHash(value: unknown, key: string): string | undefined {
  if (!isScalar(value)) return undefined;
  return createHmac('sha256', key).update(String(value)).digest('hex').slice(0, 32);
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return clean(value[0]);
  return typeof value === 'string' ? cut(value).replace(CONTROL_CHARACTERS, ' ') : value;
}

function withoutQuery(url: string | undefined): string | undefined {
  const at = url === undefined ? -1 : url.indexOf('?');
  return at < 0 ? url : url?.slice(0, at);
}

/** Never in the midst of a character: half of one is no text for other readers. */
function cut(text: string): string {
  return text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH).replace(/[\ud800-\udbff]$/, '');
}

/** Emit waits for nothing; a rejection that nobody handles would end the process. */
function atOnce(value: unknown): unknown {
  const { then } = Object(value) as { then?: unknown };
  if (typeof then !== 'function') return value;
  Promise.resolve(value).catch(() => undefined);
  throw new TypeError('it returned a promise, and emit waits for nothing');
}
