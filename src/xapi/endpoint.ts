/**
 * Connection to a server that receives statements or Caliper events: its credentials, and what it
 * says about a refusal.
 */
import type { Agent } from 'node:http';
import type { OptionPlace, OptionRules } from '../common/option-place';
import { checked } from '../common/option-rules';
import { showKind } from '../common/show-value';
import { isFunction, isObject, isText } from '../common/value-kinds';
import { basicAuthorization, HttpClient } from '../backends/http/http-client';
import { CONNECTION_RULES, headerErrors, type HttpHeaders } from '../backends/http/http-options';
import { SendFailedException } from '../delivery/destination';

/** Basic credentials, or a token for Bearer. A function is called for each request. */
export type EndpointAuth =
  | { readonly username: string; readonly password: string }
  | { readonly token: string | (() => string | Promise<string>) };

/** Options for the connection to an LRS or a Caliper endpoint. */
export interface EndpointOptions {
  /** Credentials. They can also be in the URL.  @default none */
  readonly auth?: EndpointAuth | undefined;
  /** Further headers of each request.  @default {} */
  readonly headers?: HttpHeaders | undefined;
  /** True to compress bodies of 1 kB and more.  @default false */
  readonly gzip?: boolean | undefined;
  /** True to keep connections open for the next batch.  @default true */
  readonly keepAlive?: boolean | undefined;
  /** Agent of node:http or node:https, for a proxy or custom TLS.  @default none */
  readonly agent?: Agent | undefined;
}

const AUTH = '{ username, password } or { token }';

export const ENDPOINT_RULES: OptionRules<EndpointOptions> = {
  auth: checked(AUTH, checkAuth, { fix: "auth: { username: 'lrs', password: process.env.LRS_PASSWORD }" }),
  headers: checked('an object', checkHeaders, { fix: "headers: { 'x-tenant': 'school' }" }),
  ...CONNECTION_RULES,
};

export interface EndpointRequest {
  readonly body: string;
  /** Removes what may not be shown from the server's own words.  @default they are not shown */
  readonly redact?: ((text: string) => string) | undefined;
  /** Called with the text of a reply that refuses the body, before the error is thrown. */
  readonly onRefusal?: ((reply: string) => void) | undefined;
}

/** Sends JSON bodies to one URL. */
export class Endpoint {
  private readonly client: HttpClient;

  /** @param fixed headers of each request by lower-case name, which options cannot change */
  constructor(
    url: string | URL,
    private readonly options: EndpointOptions,
    private readonly fixed: Readonly<Record<string, string>>,
  ) {
    const { gzip = false, keepAlive = true, agent } = options;
    this.client = new HttpClient({ url, method: 'POST', gzip, keepAlive, agent, acceptsHtml: false });
  }

  /** Returns the text of the reply. @throws SendFailedException if the body was not accepted */
  async post({ body, redact, onRefusal }: EndpointRequest, signal: AbortSignal): Promise<string> {
    const explanation = (text: string): string | undefined => {
      onRefusal?.(text);
      return redact === undefined ? undefined : serverMessage(text, redact);
    };
    return this.client.send({ body, headers: await this.headers(), readsReply: true, explanation }, signal);
  }

  close(): void {
    this.client.close();
  }

  private async headers(): Promise<Record<string, string>> {
    const { headers = {}, auth } = this.options;
    const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const authorization = auth === undefined ? {} : { authorization: await authorizationOf(auth) };
    return { 'content-type': 'application/json', ...authorization, ...Object.fromEntries(given), ...this.fixed };
  }
}

async function authorizationOf(auth: EndpointAuth): Promise<string> {
  if ('username' in auth) return basicAuthorization(`${auth.username}:${auth.password}`);
  if (typeof auth.token === 'string') return `Bearer ${auth.token}`;
  try {
    return `Bearer ${await auth.token()}`;
  } catch (cause) {
    const kind = cause instanceof Error ? cause.name : 'a value that is not an error';
    throw SendFailedException.create({ reason: `auth.token() threw ${kind}`, retryable: true, cause });
  }
}

/** Longest part of the server's own words in a reason. */
const MAX_MESSAGE = 200;

/** The server's own words about a refusal; undefined if it has none. */
function serverMessage(text: string, redact: (text: string) => string): string | undefined {
  const message = redact(messageIn(text).slice(0, 10 * MAX_MESSAGE))
    .replace(/\s+/g, ' ')
    .trim();
  return message === '' ? undefined : message.slice(0, MAX_MESSAGE);
}

/** Finds the message in the forms of common servers; any other text is taken as it is. */
function messageIn(text: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text.trimStart().startsWith('<') ? '' : text;
  }
  return messageOf(parsed);
}

/** Depth to which a message is looked for. A reply of a few MB can be nested without a limit. */
const MAX_DEPTH = 8;

function messageOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (depth >= MAX_DEPTH) return '';
  if (Array.isArray(value))
    return value
      .map((each) => messageOf(each, depth + 1))
      .filter((each) => each !== '')
      .join('; ');
  if (!isObject(value)) return '';
  const { detail, message, error, errors, warnings, reason, msg, loc } = value;
  if (typeof msg === 'string') return Array.isArray(loc) ? `${loc.slice(1).join('.')}: ${msg}` : msg;
  for (const each of [detail, message, reason, error, errors, warnings]) {
    const found = messageOf(each, depth + 1);
    if (found !== '') return found;
  }
  return '';
}

function checkAuth(auth: unknown, place: OptionPlace): void {
  if (!isObject(auth)) {
    place.reject(showKind(auth), AUTH);
    return;
  }
  const { username, password, token } = auth;
  const isBasic = isText(username) && typeof password === 'string' && token === undefined;
  const isBearer = (isText(token) || isFunction(token)) && username === undefined && password === undefined;
  if (!isBasic && !isBearer) place.add(`has other fields or values; expected ${AUTH}.`);
}

function checkHeaders(headers: unknown, place: OptionPlace): void {
  for (const error of headerErrors(headers)) place.addSentence(error);
}
