import type { Agent } from 'node:http';
import type { IdentifiedEvent } from '../../event/tracking-event';
import type { OptionChecker } from '../../common/option-checker';
import type { GivenOptions, OptionRules } from '../../common/option-place';
import { functionRule, text, value } from '../../common/option-rules';
import { showKind, type ConfigError } from '../../common/tracking-config.exception';
import { hasMethod } from '../../common/value-kinds';
import { backendOptionChecker } from '../../routing/backend-options';
import { CONNECTION_RULES, httpUrl } from '../http/http-options';
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
  readonly anonymousId?: ((event: IdentifiedEvent) => string | undefined) | undefined;
}

/** Options of the HTTP connection, which a given client has already. */
const CONNECTION_OPTIONS = ['writeKey', 'host', 'gzip', 'keepAlive', 'agent'] as const;
const EXAMPLE = 'backend(SegmentBackend, { writeKey: process.env.SEGMENT_WRITE_KEY })';

const RULES: OptionRules<SegmentBackendOptions> = {
  writeKey: text({ show: showKind, fix: EXAMPLE }),
  client: value('a client with track()', (client) => hasMethod(client, 'track'), {
    fix: 'backend(SegmentBackend, { client: new Analytics({ writeKey }) })',
  }),
  anonymousId: functionRule({ fix: "anonymousId: ({ context }) => context['session'] as string | undefined" }),
  host: httpUrl({ fix: 'leave it out (https://api.segment.io)' }),
  gzip: CONNECTION_RULES.gzip,
  keepAlive: CONNECTION_RULES.keepAlive,
  agent: CONNECTION_RULES.agent,
};

/** Returns all errors in the options of a SegmentBackend. Never shows the write key. */
export function segmentErrors(options: SegmentBackendOptions): readonly ConfigError[] {
  const check = backendOptionChecker('SegmentBackend', EXAMPLE);
  check.read(options, RULES, (given) => {
    relate(given, check);
  });
  return check.errors;
}

function relate(given: GivenOptions<SegmentBackendOptions>, check: OptionChecker): void {
  if (given.client === undefined) {
    if (given.writeKey === undefined) check.add('writeKey and client are missing; expected one of them.');
    return;
  }
  for (const name of CONNECTION_OPTIONS) {
    if (given[name] !== undefined) check.add(`${name} is set, but client has its own.`, `leave ${name} out, or client`);
  }
}
