import { validateHeaderName, validateHeaderValue, type Agent } from 'node:http';
import type { Rejection } from '../../delivery/destination';
import type { StoredEvent } from '../../event/tracking-event';
import {
  showChoice,
  showKind,
  showOption,
  showValue,
  unknownBackendOptionFix,
  type ConfigError,
} from '../../common/tracking-config.exception';
import { CREDENTIALS_FIX, hasReadableCredentials, UNREADABLE_CREDENTIALS } from '../url-credentials';

/** Headers by name, in upper or lower case. */
export type HttpHeaders = Readonly<Record<string, string>>;

// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- like `sendBatch`
export type ReadStatus = (reply: unknown, events: readonly StoredEvent[]) => readonly Rejection[] | void;

export interface HttpBackendOptions {
  /** URL that batches are sent to. A user and password in it become Basic credentials. */
  readonly url: string | URL;
  /** Method of the requests.  @default 'POST' */
  readonly method?: 'POST' | 'PUT' | 'PATCH' | undefined;
  /**
   * Headers of each request. A function is called for each batch, for tokens that expire.
   * @default {}
   */
  readonly headers?: HttpHeaders | (() => HttpHeaders | Promise<HttpHeaders>) | undefined;
  /**
   * Format of the body: 'json' is an array of events, 'ndjson' is one event per line, and a
   * function returns the body. An error thrown by the function is attributed to an event: the batch
   * is halved until that event is alone.
   * @default 'json'
   */
  readonly format?: 'json' | 'ndjson' | ((events: readonly StoredEvent[]) => string | Uint8Array) | undefined;
  /** True to compress bodies of 1 kB and more.  @default false */
  readonly gzip?: boolean | undefined;
  /**
   * Returns the rejected events of a batch, for a server whose 2xx reply reports the status of each
   * event.
   * @param reply parsed as JSON; undefined if it is empty
   * @default none: a 2xx status accepts all events
   */
  readonly readStatus?: ReadStatus | undefined;
  /**
   * True if a 2xx status with an HTML page means that the batch was accepted. By default such a
   * batch is sent again: these pages come from logins, captive portals and proxies, not from event
   * collectors. Text that does not begin with `<` is not a page.
   * @default false
   */
  readonly acceptHtml?: boolean | undefined;
  /** True to keep connections open for the next batch.  @default true */
  readonly keepAlive?: boolean | undefined;
  /**
   * Agent of node:http or node:https, for a proxy or custom TLS. It has its own `keepAlive`.
   * @default none
   */
  readonly agent?: Agent | undefined;
}

const KNOWN = ['url', 'method', 'headers', 'format', 'gzip', 'readStatus', 'acceptHtml', 'keepAlive', 'agent'];
const METHODS: readonly unknown[] = ['POST', 'PUT', 'PATCH'];
/**
 * Headers that are derived from the body. Given twice, they would contradict each other or let a
 * request hang.
 */
const OURS = ['content-length', 'content-encoding', 'transfer-encoding', 'connection'];

/**
 * Protocols that errors may show. In `user:password` or `localhost:3000` the part before the colon
 * also parses as a protocol.
 */
const OTHER_PROTOCOLS = [
  'file:',
  'ftp:',
  'data:',
  'ws:',
  'wss:',
  'redis:',
  'rediss:',
  'mongodb:',
  'mongodb+srv:',
  'kafka:',
];

const EXAMPLE = "backend(HttpBackend, { url: 'https://lrs.example/statements' })";

/** Returns all errors in the options of an HttpBackend. */
export function httpFaults(options: unknown): ConfigError[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return [fault(`the options are ${showValue(options)}, not an object.`, EXAMPLE)];
  }
  const { url, method, headers, format, readStatus, acceptHtml, ...others } = options as Partial<
    Record<string, unknown>
  >;
  const faults = urlFaults('HttpBackend', 'url', url, EXAMPLE);
  if (method !== undefined && !METHODS.includes(method)) {
    faults.push(
      fault(`method is ${showChoice(method, METHODS)}; it can be ${METHODS.join(', ')}.`, 'leave it out (POST)'),
    );
  }
  if (headers !== undefined && typeof headers !== 'function') {
    faults.push(...headerFaults(headers).map((what) => fault(what, "headers: { authorization: 'Bearer …' }")));
  }
  if (format !== undefined && format !== 'json' && format !== 'ndjson' && typeof format !== 'function') {
    const what = `format is ${showChoice(format, ['json', 'ndjson'])}; it can be "json", "ndjson" or a function of the events.`;
    faults.push(fault(what, 'leave it out (json)'));
  }
  if (readStatus !== undefined && typeof readStatus !== 'function') {
    faults.push(fault(`readStatus is ${showValue(readStatus)}, not a function.`, 'leave it out, or give a function'));
  }
  faults.push(...connectionFaults('HttpBackend', others), ...switchFaults('HttpBackend', 'acceptHtml', acceptHtml));
  for (const name of Object.keys(options).filter((each) => !KNOWN.includes(each))) {
    faults.push(
      fault(
        `the option ${showOption(name, KNOWN)} is unknown; known are ${KNOWN.join(', ')}.`,
        unknownBackendOptionFix(name, KNOWN),
      ),
    );
  }
  return faults;
}

/**
 * Returns the errors in `gzip`, `keepAlive` and `agent`, for all backends that have these options.
 */
export function connectionFaults(path: string, options: Partial<Record<string, unknown>>): ConfigError[] {
  const faults: ConfigError[] = [];
  for (const name of ['gzip', 'keepAlive']) faults.push(...switchFaults(path, name, options[name]));
  const { agent } = options;
  const hasAgent = typeof agent === 'object' && agent !== null && 'addRequest' in agent;
  if (agent !== undefined && !hasAgent) {
    const what = `agent is ${showValue(agent)}, not an agent of node:http or node:https.`;
    faults.push({ path, what, fix: 'leave it out, or new https.Agent({ keepAlive: true, ca })' });
  }
  return faults;
}

/**
 * Returns the errors in a URL option. Never shows the value: a URL may hold credentials, even an
 * invalid one.
 */
export function urlFaults(path: string, name: string, value: unknown, fix: string): ConfigError[] {
  if (value === undefined) return [{ path, what: `${name} is missing, so nobody knows where events go.`, fix }];
  if (typeof value !== 'string' && !(value instanceof URL)) {
    return [{ path, what: `${name} is ${showValue(value)}, not an address.`, fix }];
  }
  try {
    const { protocol } = new URL(value);
    if (!hasReadableCredentials(value))
      return [{ path, what: UNREADABLE_CREDENTIALS.replace('url', name), fix: CREDENTIALS_FIX }];
    if (protocol === 'http:' || protocol === 'https:') return [];
    const begins = OTHER_PROTOCOLS.includes(protocol) ? `begins with "${protocol}", not with` : 'does not begin with';
    return [{ path, what: `${name} ${begins} "http://" or "https://".`, fix }];
  } catch {
    return [{ path, what: `${name} is a text that is no address.`, fix }];
  }
}

/**
 * Returns the errors in headers. Shows no values, and only names of a common form: either may be a
 * secret.
 */
export function headerFaults(headers: unknown): string[] {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    return [`headers is ${showKind(headers)}, not an object.`];
  }
  return Object.entries(headers).flatMap(([name, value]: [string, unknown], at) => {
    const header = isCommonHeader(name) ? `the header "${name}"` : `the header at position ${String(at + 1)}`;
    if (OURS.includes(name.toLowerCase())) return [`${header} is given, but it is made from the body.`];
    try {
      validateHeaderName(name);
      if (typeof value !== 'string') return [`${header} is ${showKind(value)}, not a string.`];
      validateHeaderValue(name, value);
      return [];
    } catch {
      return [`${header} has characters that no header can have.`];
    }
  });
}

/**
 * True for a name of short words of letters. In practice, a longer name may be a key pasted by
 * mistake.
 */
function isCommonHeader(name: string): boolean {
  return /^[a-z]{1,13}(-[a-z]{1,13}){0,3}$/i.test(name);
}

function fault(what: string, fix: string): ConfigError {
  return { path: 'HttpBackend', what, fix };
}

function switchFaults(path: string, name: string, value: unknown): ConfigError[] {
  if (value === undefined || typeof value === 'boolean') return [];
  return [{ path, what: `${name} is ${showValue(value)}; it can be true or false.`, fix: 'leave it out' }];
}
