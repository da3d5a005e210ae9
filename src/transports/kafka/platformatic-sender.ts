import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type * as PlatformaticKafka from '@platformatic/kafka';
import { requirePeer, type PeerUse } from '../../common/require-peer';
import { isTopicMissing, protocolNames, type KafkaMessage, type KafkaSender } from './kafka-port';

/** Authentication at the brokers. Functions are called for each connection. */
export interface SaslOptions {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
  readonly username?: string | (() => string | Promise<string>) | undefined;
  readonly password?: string | (() => string | Promise<string>) | undefined;
  readonly token?: string | (() => string | Promise<string>) | undefined;
}

/** Connection options of `@platformatic/kafka`. */
export interface ConnectionSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly tls?: TlsOptions | undefined;
  readonly sasl?: SaslOptions | undefined;
}

type Headers = KafkaMessage['headers'];
type HeaderBytes = readonly [name: Buffer, value: Buffer];

/**
 * Loads `@platformatic/kafka`.
 * @throws MissingPeerException if `@platformatic/kafka` is not installed
 */
export function loadPlatformatic(use: PeerUse): typeof PlatformaticKafka {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- so that errors name the fix
  return requirePeer('@platformatic/kafka', use, () => require('@platformatic/kafka') as typeof PlatformaticKafka);
}

/** Sends with the client that is created from a list of brokers. */
export class PlatformaticSender implements KafkaSender {
  readonly choosesPartitions = true;
  private readonly producer: PlatformaticKafka.Producer;
  private common: { readonly of: Headers; readonly bytes: readonly HeaderBytes[] } | undefined;
  private readonly names = new Map<string, Buffer>();

  constructor(
    library: typeof PlatformaticKafka,
    settings: ConnectionSettings & { readonly acks: 'all' | 'leader'; readonly requestTimeoutMs: number },
  ) {
    this.producer = new library.Producer<Buffer, Buffer, Buffer, Buffer>({
      ...baseOptions(settings),
      requestTimeout: settings.requestTimeoutMs,
      timeout: settings.requestTimeoutMs,
      acks: settings.acks === 'all' ? -1 : 1,
      autocreateTopics: true,
      // The client's own retry keeps the partition that it chose before. If the topic was recreated
      // with fewer partitions, it then throws inside a socket's listener (@platformatic/kafka
      // 1.35), and the process ends.
      repeatOnStaleMetadata: false,
    });
    this.producer.on('error', () => undefined); // the send it belongs to rejects
  }

  async partitionCount(topic: string): Promise<number | undefined> {
    try {
      const { topics } = await this.producer.metadata({ topics: [topic], autocreateTopics: true });
      return topics.get(topic)?.partitionsCount;
    } catch (error) {
      this.forgetMissing(error);
      throw error;
    }
  }

  async send(
    topic: string,
    messages: readonly KafkaMessage[],
    common: Headers,
    partition: number | undefined,
  ): Promise<void> {
    if (this.common?.of !== common) this.common = { of: common, bytes: bytesOf(common) };
    const { bytes } = this.common;
    const send = async (): Promise<void> => {
      await this.producer.send({
        messages: messages.map(({ key, value, headers }) => {
          const message = { topic, key, value, headers: this.headersOf(headers, bytes) };
          return partition === undefined ? message : { ...message, partition };
        }),
      });
    };
    try {
      await send();
    } catch (error) {
      this.forgetMissing(error);
      if (!hasMoved(error)) throw error;
      this.producer.clearMetadata();
      await send();
    }
  }

  async close(): Promise<void> {
    await this.producer.close();
  }

  /** The headers of one message: few of its own, whose names are the same for all messages. */
  private headersOf(own: Headers, common: readonly HeaderBytes[]): Map<Buffer, Buffer> {
    const { names } = this;
    const all = new Map(common);
    for (const name in own) {
      let bytes = names.get(name);
      if (bytes === undefined) names.set(name, (bytes = Buffer.from(name)));
      all.set(bytes, Buffer.from(own[name] ?? ''));
    }
    return all;
  }

  /**
   * Clears the metadata after such an error. The client would cache the state of a topic that is
   * being created for five seconds.
   */
  private forgetMissing(error: unknown): void {
    if (isTopicMissing(error)) this.producer.clearMetadata();
  }
}

/**
 * True if another broker now leads the partition. Nothing of the request was written in this case.
 */
function hasMoved(error: unknown): boolean {
  const names = protocolNames(error);
  return names.has('NOT_LEADER_OR_FOLLOWER') || names.has('FENCED_LEADER_EPOCH');
}

function bytesOf(headers: Headers): HeaderBytes[] {
  return Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]);
}

/**
 * Returns the client's options without retries: the caller retries and decides how long to wait.
 */
export function baseOptions(settings: ConnectionSettings): PlatformaticKafka.BaseOptions {
  const { clientId, brokers, connectTimeoutMs, tls, sasl } = settings;
  return {
    ...{ clientId, bootstrapBrokers: [...brokers], retries: 0, connectTimeout: connectTimeoutMs },
    ...(tls !== undefined && { tls }),
    ...(sasl !== undefined && { sasl: sasl as PlatformaticKafka.SASLOptions }),
  };
}
