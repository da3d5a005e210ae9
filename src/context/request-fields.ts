/**
 * Reads the fields of a request. Request headers are user input: a line break in one forges log
 * lines where they are printed raw, a megabyte of user agent fills the disk, and a session id in a
 * log lets its reader log in. Therefore every string from a request is cut and cleaned of control
 * characters, and a session is identified only by its hash.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { FieldRow } from './field-row';
import type { RequestContextOptions } from './request-context-options';
import { isScalar, userId, username, type PassedRequest } from './request-user';

/**
 * The request as the platform's handlers see it: Express's Request, or FastifyRequest once Fastify
 * has created it. It includes properties set by middleware and guards (user, session).
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
/**
 * Characters other than printable ASCII, and those that JSON escapes. Almost no string contains
 * any, and V8 tests this set in less time than the exact one.
 */
const ODD = /[^ !#-[\]-~]/;
/** Characters that are removed from a string, and characters that JSON escapes. */
const UNUSUAL = /[\u0000-\u001f"\\\u007f-\u009f\u2028\u2029\ud800-\udfff]/;
/**
 * Format of an acceptable request id. The id is copied into every event and into the logs of other
 * systems, so other values are ignored.
 */
const SANE_ID = /^[\w.:+/=@-]{1,128}$/;
const FASTIFY_COUNTER = /^req-[0-9a-z]+$/;

/**
 * Holder of the id of one request, shared because several trackers may track the same request and
 * must use the same id.
 */
export interface RequestIdentity {
  id: string | undefined;
}

/**
 * Properties of a request that are gone when its socket is closed, as they were when the request
 * arrived, with the id of the request.
 */
export interface EnteredRequest {
  readonly ip: unknown;
  readonly identity: RequestIdentity;
  /** The session that was read last. Hashing its id takes longer than reading all other fields. */
  session?: HashedSession;
}

interface HashedSession {
  readonly id: string;
  readonly hash: string;
}

type Read = (request: TrackedRequest, entered: EnteredRequest) => unknown;

/**
 * Fields that are read once, at the first emit. They are not read at entry: a logger's middleware
 * that runs later may set the request's id, and Fastify has not created its request yet, and only
 * that request knows the host behind a trusted proxy.
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

/** Fields that guards and later middleware set and may change. */
const AT_EMIT: Readonly<Record<string, Read>> = {
  user_id: userId,
  username,
  session: sessionHash,
};

/** Names that `fields` can change, in the order in which they are written. */
export const REQUEST_FIELDS: readonly string[] = [...Object.keys(ONCE), ...Object.keys(AT_EMIT)];

interface Reader {
  /** Name of the field in the event. */
  readonly name: string;
  /** Name of the field in the options. */
  readonly field: string;
  readonly read: Read;
  /**
   * True if strings are cut and cleaned. Strings returned by a function of the application are not.
   */
  readonly isCleaned: boolean;
}

/** Readers, with the names of the fields that they read. */
interface Readers {
  readonly all: readonly Reader[];
  readonly names: readonly string[];
  readonly jsonKeys: readonly string[];
}

/** Callback for a field that could not be read and is omitted. */
export type OnFieldFault = (field: string, error: unknown) => void;

/** Reads the fields of a request as configured for one tracker. Never throws. */
export class RequestFields {
  private readonly onceReaders: Readers;
  private readonly emitReaders: Readers;
  /**
   * True if every name belongs to only one field. Two fields may have been renamed to the same
   * name.
   */
  readonly areDistinct: boolean;

  constructor(
    { fields: changes = {}, hash }: RequestContextOptions,
    private readonly onFault: OnFieldFault,
  ) {
    // Both names are accepted: a field that is both renamed and hashed must never be written
    // unhashed.
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

  /** Reads the properties that must be read when the request arrives. */
  enter(request: TrackedRequest, identity: RequestIdentity): EnteredRequest {
    try {
      const ip = request.ip ?? (request['socket'] as { remoteAddress?: string } | undefined)?.remoteAddress;
      return { ip, identity };
    } catch (error) {
      this.onFault('ip', error);
      return { ip: undefined, identity };
    }
  }

  /**
   * Reads the fields that are read at the first emit.
   * @param isQuiet true to omit a field that cannot be read without reporting it
   */
  once(request: TrackedRequest, entered: EnteredRequest, isQuiet = false): FieldRow {
    return this.read(this.onceReaders, request, entered, isQuiet);
  }

  /**
   * Reads the fields that are read at each emit.
   * @param isQuiet true to omit a field that cannot be read without reporting it
   * @param known row that was read before; returned if no value has changed
   */
  atEmit(request: TrackedRequest, entered: EnteredRequest, isQuiet = false, known?: FieldRow): FieldRow {
    return this.read(this.emitReaders, request, entered, isQuiet, known);
  }

  private read(
    { all, names, jsonKeys }: Readers,
    request: TrackedRequest,
    entered: EnteredRequest,
    isQuiet: boolean,
    known?: FieldRow,
  ): FieldRow {
    const before = known?.valuesOf(names);
    let values: unknown[] | undefined = before === undefined ? [] : undefined;
    let isUsual = before === undefined || known?.isUsual === true;
    for (let at = 0; at < all.length; at++) {
      const { field, read, isCleaned } = all[at] as Reader;
      let value: unknown;
      try {
        value = read(request, entered) ?? undefined;
        if (before !== undefined && Object.is(value, before[at])) {
          // already clean
        } else if (typeof value === 'string') {
          if (isUsual && ODD.test(value) && UNUSUAL.test(value)) isUsual = false;
          if (isCleaned && (!isUsual || value.length > MAX_LENGTH)) value = clean(value);
        } else if (isCleaned && Array.isArray(value)) {
          value = clean(value);
          isUsual = false;
        }
      } catch (error) {
        value = undefined;
        // one unreadable field must not lose the other fields or the request
        if (!isQuiet) this.onFault(field, error);
      }
      if (values === undefined) {
        if (before === undefined || Object.is(value, before[at])) continue;
        values = before.slice(0, at);
      }
      values.push(value);
    }
    return values === undefined ? (known as FieldRow) : new FieldRow(names, jsonKeys, values, isUsual);
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
 * Returns the id that the request already has. An id set by a logger is used because other systems
 * know the request by it (pino-http sets `id`). Fastify's own ids are counters that restart in
 * every process, so they do not identify a request outside of it.
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

function sessionHash(request: TrackedRequest, entered: EnteredRequest): string | undefined {
  const passed = request as PassedRequest;
  const session = passed.session ?? passed.raw?.session;
  const id = passed.sessionID ?? passed.raw?.sessionID ?? session?.sessionId ?? session?.id;
  if (typeof id !== 'string' || id === '') return undefined;
  if (entered.session?.id !== id)
    entered.session = { id, hash: createHash('sha256').update(id).digest('hex').slice(0, 32) };
  return entered.session.hash;
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

/**
 * Cuts a string without splitting a surrogate pair: half a pair is not valid text for other
 * readers.
 */
function cut(text: string): string {
  return text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH).replace(/[\ud800-\udbff]$/, '');
}

/**
 * Returns a value that is not a promise. Emit is synchronous, and an unhandled rejection would end
 * the process.
 */
function atOnce(value: unknown): unknown {
  const { then } = Object(value) as { then?: unknown };
  if (typeof then !== 'function') return value;
  Promise.resolve(value).catch(() => undefined);
  throw new TypeError('it returned a promise, which emit does not await');
}
