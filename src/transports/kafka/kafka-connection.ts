import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { SaslOptions } from './platformatic-sender';

/**
 * Says how to reach the brokers: by address, through `@platformatic/kafka`, or through the
 * application's own kafkajs.
 */
export interface KafkaConnection {
  /** Addresses (host:port) of some of the brokers. Needs the package `@platformatic/kafka`. */
  readonly brokers?: readonly string[] | undefined;
  /**
   * Name under which this client is known to the brokers. Applies with `brokers` only.
   * @default 'nestjs-event-tracking'
   */
  readonly clientId?: string | undefined;
  /** TLS options, as in `node:tls`. Applies with `brokers` only.  @default none */
  readonly tls?: TlsOptions | undefined;
  /** SASL options, as in `@platformatic/kafka`. Applies with `brokers` only.  @default none */
  readonly sasl?: SaslOptions | undefined;
  /** Time limit for connecting, in milliseconds. Applies with `brokers` only.  @default 1000 */
  readonly connectTimeoutMs?: number | undefined;
}
