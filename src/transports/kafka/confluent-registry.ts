/**
 * The three requests of Confluent's Schema Registry API that this package needs. Other registries
 * support them as well.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { OptionChecker } from '../../common/option-checker';
import type { OptionRules } from '../../common/option-place';
import { anything, flag, value } from '../../common/option-rules';
import { isObject } from '../../common/value-kinds';
import { urlRule } from '../../backends/url-rule';
import { duration } from './connection-rules';
import type { SchemaRegistry } from './schema-registry';

export interface ConfluentRegistryOptions {
  /**
   * Base URL of the API: 'http://localhost:8081', or 'http://localhost:8080/apis/ccompat/v7' for
   * Apicurio. It may contain a user name and a password (EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY
   * and ..._SECRET in Open edX).
   */
  readonly url: string;
  /** Headers sent with each request, for other kinds of authorization.  @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** False to only look up ids: a schema that is not registered is then an error.  @default true */
  readonly registers?: boolean | undefined;
  /** Time limit for one request in milliseconds.  @default 5000 */
  readonly timeoutMs?: number | undefined;
  /** HTTP agent, for a proxy or a custom certificate.  @default the global agent of Node */
  readonly agent?: http.Agent | undefined;
}

const URL_EXAMPLE = "url: 'http://localhost:8081'";
const RULES: OptionRules<ConfluentRegistryOptions> = {
  url: urlRule(['http:', 'https:'], { isRequired: true, fix: URL_EXAMPLE }),
  headers: value('an object of strings', isHeaders, { fix: "headers: { authorization: 'Bearer ...' }" }),
  registers: flag({ fix: 'registers: false' }),
  timeoutMs: duration({ fix: 'timeoutMs: 5000' }),
  agent: anything(),
};

const TYPE = 'application/vnd.schemaregistry.v1+json';
const MAX_REPLY_BYTES = 1_048_576;
const TOO_LONG =
  `the schema registry answered with more than ${String(MAX_REPLY_BYTES)} bytes. ` +
  'Fix: check that its url leads to the API of the registry, and not to its web page';
/** Largest schema id: ids are signed 32-bit integers. */
const MAX_ID = 0x7fff_ffff;
/** Error code "Schema not found": the registry does not have the id. */
const NO_SCHEMA = 40_403;
const MAX_MESSAGE_LENGTH = 200;

/**
 * Creates a client for a schema registry with Confluent's API (Confluent, Redpanda, Karapace,
 * Apicurio), for `kafka()` and KafkaConsumer.
 * @throws TrackingConfigException for invalid options
 */
export function confluentRegistry(options: ConfluentRegistryOptions): SchemaRegistry {
  const check = new OptionChecker('confluentRegistry()', { example: `confluentRegistry({ ${URL_EXAMPLE} })` });
  check.read(options, RULES);
  check.throwIfAny();
  const { registers = true } = options;
  return {
    async idFor(subject, schema) {
      const path = `subjects/${encodeURIComponent(subject)}${registers ? '/versions' : ''}`;
      const { id } = await ask(options, path, JSON.stringify({ schema }));
      if (!Number.isInteger(id)) throw new Error('the schema registry answered without an id');
      return id as number;
    },
    async schemaOf(id) {
      // Skips the request: registries reject such a number as invalid, which would look like an
      // outage.
      if (id > MAX_ID) return undefined;
      const { schema, schemaType = 'AVRO', error_code: code } = await ask(options, `schemas/ids/${String(id)}`);
      if (code === NO_SCHEMA || (typeof schema === 'string' && schemaType !== 'AVRO')) return undefined;
      if (typeof schema !== 'string')
        throw new Error(`the schema registry answered without a schema for the id ${String(id)}`);
      return schema;
    },
  };
}

interface Reply {
  readonly id?: unknown;
  readonly schema?: unknown;
  readonly schemaType?: unknown;
  readonly error_code?: unknown;
  readonly message?: unknown;
}

/**
 * Sends one request to the registry.
 * @throws for every response except success, and except "schema not found" in reply to a GET
 *   request
 */
async function ask(options: ConfluentRegistryOptions, path: string, body?: string): Promise<Reply> {
  const { status, text } = await exchange(options, path, body);
  const reply = parse(text);
  const isAnswered = (status >= 200 && status < 300) || (body === undefined && reply.error_code === NO_SCHEMA);
  if (isAnswered) return reply;
  const { message, error_code: code = status } = reply;
  const why = typeof message === 'string' ? `: ${message.slice(0, MAX_MESSAGE_LENGTH)}` : '';
  throw new Error(`the schema registry answered ${String(status)} (${String(code)}${why})`);
}

function exchange(
  { url, headers, timeoutMs = 5000, agent }: ConfluentRegistryOptions,
  path: string,
  body: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  const target = new URL(path, url.endsWith('/') ? url : `${url}/`);
  const { username, password } = target;
  return new Promise((resolve, reject) => {
    const request = (target.protocol === 'https:' ? https : http).request(target, {
      ...{ method: body === undefined ? 'GET' : 'POST', agent, signal: AbortSignal.timeout(timeoutMs) },
      ...((username || password) && { auth: [username, password].map(decodeURIComponent).join(':') }),
      headers: {
        ...{ accept: TYPE, ...headers },
        ...(body !== undefined && { 'content-type': TYPE, 'content-length': String(Buffer.byteLength(body)) }),
      },
    });
    // The message of an error can quote a header. Its code cannot.
    const fail = ({ code, name }: NodeJS.ErrnoException): void => {
      reject(new Error(name === 'AbortError' ? `no answer within ${String(timeoutMs)} ms` : (code ?? name)));
    };
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= MAX_REPLY_BYTES) chunks.push(chunk);
        else {
          reject(new Error(TOO_LONG));
          response.destroy();
        }
      });
      response.on('error', fail);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
    });
    request.end(body);
  });
}

function parse(text: string): Reply {
  try {
    return Object(JSON.parse(text)) as Reply;
  } catch {
    return {}; // for example the response of a proxy
  }
}

function isHeaders(given: unknown): boolean {
  return isObject(given) && Object.values(given).every((each) => typeof each === 'string');
}
