import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type * as PlatformaticKafka from '@platformatic/kafka';
import { requirePeer, type PeerUse } from '../../common/require-peer';
import { isTopicMissing, protocolNames, type KafkaMessage, type KafkaSender } from './kafka-port';

/** How the brokers are told who this is. A function is asked at each connection. */
export interface SaslOptions {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
  readonly username?: string | (() => string | Promise<string>) | undefined;
  readonly password?: string | (() => string | Promise<string>) | undefined;
  readonly token?: string | (() => string | Promise<string>) | undefined;
}

/** Of `@platformatic/kafka`. */
export interface ConnectionSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly tls?: TlsOptions | undefined;
  readonly sasl?: SaslOptions | undefined;
}

type Headers = KafkaMessage['headers'];
type HeaderBytes = readonly [name: Buffer, value: Buffer];

/** @throws MissingPeerException */
export function loadPlatformatic(use: PeerUse): typeof PlatformaticKafka {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import that fails cannot say what mends it
  return requirePeer('@platformatic/kafka', use, () => require('@platformatic/kafka') as typeof PlatformaticKafka);
}

/** The sending end of the client that is made from a list of brokers. */
export class PlatformaticSender implements KafkaSender {
  readonly choosesPartitions = true;
  private readonly producer: PlatformaticKafka.Producer;
  private common: { readonly of: Headers; readonly bytes: readonly HeaderBytes[] } | undefined;

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
      // The client's own second try keeps the partition that it chose before. If the topic was created again with
      // fewer partitions, it then throws inside a socket's listener (@platformatic/kafka 1.35), and the process ends.
      repeatOnStaleMetadata: false,
    });
    this.producer.on('error', () => undefined); // the send that it belongs to is rejected
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
    const chosen = partition === undefined ? {} : { partition };
    const send = async (): Promise<void> => {
      await this.producer.send({
        messages: messages.map(({ key, value, headers }) => ({
          ...{ topic, key, value, headers: new Map([...bytes, ...bytesOf(headers)]) },
          ...chosen,
        })),
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

  /** The client keeps what it has seen of a topic that is being created for five seconds. */
  private forgetMissing(error: unknown): void {
    if (isTopicMissing(error)) this.producer.clearMetadata();
  }
}

/** True if another broker leads the partition now: nothing of the request was written. */
function hasMoved(error: unknown): boolean {
  const names = protocolNames(error);
  return names.has('NOT_LEADER_OR_FOLLOWER') || names.has('FENCED_LEADER_EPOCH');
}

function bytesOf(headers: Headers): HeaderBytes[] {
  return Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]);
}

/** Nothing is tried again in here: whoever sends or reads does that, and waits no longer than it wants to. */
export function baseOptions(settings: ConnectionSettings): PlatformaticKafka.BaseOptions {
  const { clientId, brokers, connectTimeoutMs, tls, sasl } = settings;
  return {
    ...{ clientId, bootstrapBrokers: [...brokers], retries: 0, connectTimeout: connectTimeoutMs },
    ...(tls !== undefined && { tls }),
    ...(sasl !== undefined && { sasl: sasl as PlatformaticKafka.SASLOptions }),
  };
}
