import type { Agent } from 'node:http';
import type { StoredEvent } from '../../event/tracking-event';
import {
  showKind,
  showOption,
  showValue,
  unknownBackendOptionFix,
  type ConfigError,
} from '../../common/tracking-config.exception';
import { connectionFaults, urlFaults } from '../http/http-options';
import type { SegmentClient } from './segment-client';

/** Options of a SegmentBackend. Either `writeKey` or `client` is required. */
export interface SegmentBackendOptions {
  /** Write key of the source in Segment or RudderStack.  @default none */
  readonly writeKey?: string | undefined;
  /**
   * URL of the tracking API: of a region, or of the data plane of RudderStack.
   * @default 'https://api.segment.io'
   */
  readonly host?: string | URL | undefined;
  /** True to compress bodies of 1 kB and more.  @default true */
  readonly gzip?: boolean | undefined;
  /** True to keep connections open for the next batch.  @default true */
  readonly keepAlive?: boolean | undefined;
  /** Agent of node:https, for a proxy or custom TLS.  @default none */
  readonly agent?: Agent | undefined;
  /**
   * Client of `@segment/analytics-node` to send through, for its plugins. The application closes
   * it.
   * @default none
   */
  readonly client?: SegmentClient | undefined;
  /**
   * Returns the id of a visitor who is not known as a user; it is sent in addition to a user's id.
   * It is called again for each attempt, and must return the same id. Without it, an event without
   * a user is dropped as 'no-user'.
   * @default none
   */
  readonly anonymousId?: ((event: StoredEvent) => string | undefined) | undefined;
}

const OF_THE_WIRE = ['host', 'gzip', 'keepAlive', 'agent'] as const;
const KNOWN: readonly string[] = ['writeKey', 'client', 'anonymousId', ...OF_THE_WIRE];
const EXAMPLE = 'backend(SegmentBackend, { writeKey: process.env.SEGMENT_WRITE_KEY })';

/** Returns all errors in the options of a SegmentBackend. Never shows the write key. */
export function segmentFaults(options: unknown): ConfigError[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return [fault(`the options are ${showValue(options)}, not an object.`, EXAMPLE)];
  }
  const given = options as Partial<Record<string, unknown>>;
  const { client, anonymousId } = given;
  const faults = client === undefined ? wireFaults(given) : clientFaults(given);
  if (anonymousId !== undefined && typeof anonymousId !== 'function') {
    const fix = "anonymousId: ({ context }) => context['session'] as string | undefined";
    faults.push(fault(`anonymousId is ${showValue(anonymousId)}, not a function of the event.`, fix));
  }
  for (const name of Object.keys(given).filter((each) => !KNOWN.includes(each))) {
    faults.push(
      fault(
        `the option ${showOption(name, KNOWN)} is unknown; known are ${KNOWN.join(', ')}.`,
        unknownBackendOptionFix(name, KNOWN),
      ),
    );
  }
  return faults;
}

function wireFaults({ writeKey, host, ...others }: Partial<Record<string, unknown>>): ConfigError[] {
  const faults: ConfigError[] = [];
  if (writeKey === undefined || writeKey === '') {
    const what = `writeKey is ${writeKey === '' ? 'empty' : 'missing'} and there is no client, so Segment would take no event.`;
    faults.push(fault(what, EXAMPLE));
  } else if (typeof writeKey !== 'string') {
    faults.push(fault(`writeKey is ${showKind(writeKey)}, not a string.`, EXAMPLE));
  }
  if (host !== undefined) {
    faults.push(...urlFaults('SegmentBackend', 'host', host, 'leave it out (https://api.segment.io)'));
  }
  return [...faults, ...connectionFaults('SegmentBackend', others)];
}

function clientFaults(given: Partial<Record<string, unknown>>): ConfigError[] {
  const { client } = given;
  const isClient = typeof client === 'object' && client !== null && 'track' in client;
  if (!isClient || typeof client.track !== 'function') {
    const fix = 'backend(SegmentBackend, { client: new Analytics({ writeKey }) })';
    return [fault(`client is ${showValue(client)}, which has no track().`, fix)];
  }
  return ['writeKey', ...OF_THE_WIRE]
    .filter((name) => given[name] !== undefined)
    .map((name) => fault(`${name} is given beside client, which has its own.`, `leave ${name} out, or client`));
}

function fault(what: string, fix: string): ConfigError {
  return { path: 'SegmentBackend', what, fix };
}
