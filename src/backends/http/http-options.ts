import { validateHeaderName, validateHeaderValue, type Agent } from 'node:http';
import type { EventRejection } from '../../delivery/destination';
import type { IdentifiedEvent } from '../../event/tracking-event';
import type { OptionPlace, OptionRule, OptionRules } from '../../common/option-place';
import { anyOf, checked, flag, functionRule, oneOf, value, type RuleNotes } from '../../common/option-rules';
import { showKind } from '../../common/show-value';
import { isFunction, isObject } from '../../common/value-kinds';
import { backendOptionChecker } from '../../routing/backend-options';
import { urlRule } from '../url-rule';

/** Headers by name, in upper or lower case. */
export type HttpHeaders = Readonly<Record<string, string>>;

// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- like `sendBatch`
export type ReadStatus = (reply: unknown, events: readonly IdentifiedEvent[]) => readonly EventRejection[] | void;

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
  readonly format?: 'json' | 'ndjson' | ((events: readonly IdentifiedEvent[]) => string | Uint8Array) | undefined;
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

/**
 * Headers that are derived from the body. Given twice, they would contradict each other or let a
 * request hang.
 */
const OURS = ['content-length', 'content-encoding', 'transfer-encoding', 'connection'];

/** Rules for the options of all backends that send over HTTP. */
export const CONNECTION_RULES: OptionRules<Pick<HttpBackendOptions, 'gzip' | 'keepAlive' | 'agent'>> = {
  gzip: flag(),
  keepAlive: flag(),
  agent: value('an agent of node:http or node:https', isAgent, {
    fix: 'leave it out, or new https.Agent({ keepAlive: true, ca })',
  }),
};

const RULES: OptionRules<HttpBackendOptions> = {
  url: httpUrl({ isRequired: true }),
  method: oneOf(['POST', 'PUT', 'PATCH'], { fix: 'leave it out (POST)' }),
  headers: checked('an object or a function', checkHeaders, { fix: "headers: { authorization: 'Bearer …' }" }),
  format: anyOf([oneOf(['json', 'ndjson']), functionRule()], { fix: 'leave it out (json)' }),
  gzip: CONNECTION_RULES.gzip,
  readStatus: functionRule(),
  acceptHtml: flag(),
  keepAlive: CONNECTION_RULES.keepAlive,
  agent: CONNECTION_RULES.agent,
};

/** Checks the options of an HttpBackend. @throws TrackingConfigException with all errors */
export function checkHttpOptions(options: HttpBackendOptions): void {
  const check = backendOptionChecker('HttpBackend', "backend(HttpBackend, { url: 'https://lrs.example/statements' })");
  check.read(options, RULES);
  check.throwIfAny();
}

/** Rule for the URL that a backend sends to. */
export function httpUrl(notes?: RuleNotes): OptionRule {
  return urlRule(['http:', 'https:'], notes);
}

/**
 * Returns the errors in headers. Shows no values, and only names of a common form: either may be a
 * secret.
 */
export function headerErrors(headers: unknown): string[] {
  if (!isObject(headers)) return [`headers is ${showKind(headers)}; expected an object.`];
  return Object.entries(headers).flatMap(([name, value], at) => {
    const header = isCommonHeader(name) ? `the header "${name}"` : `the header at position ${String(at + 1)}`;
    if (OURS.includes(name.toLowerCase())) return [`${header} is set by the backend, from the body.`];
    try {
      validateHeaderName(name);
      if (typeof value !== 'string') return [`${header} is ${showKind(value)}; expected a string.`];
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

function checkHeaders(headers: unknown, place: OptionPlace): void {
  if (isFunction(headers)) return;
  if (!isObject(headers)) place.reject(showKind(headers), 'an object or a function');
  else for (const error of headerErrors(headers)) place.addSentence(error);
}

function isAgent(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'addRequest' in given;
}
