/**
 * Sends events to a Kafka topic in the format of Open edX's event-bus-kafka. Each partition gets
 * its own requests (decision 0177). Events that a partition accepts are delivered, an event that is
 * refused on its own is rejected, and all others are sent again.
 */
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { SendFailedException, type EventRejection } from '../../delivery/destination';
import { atMost } from '../../common/at-most';
import { within } from '../../common/within';
import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { QueueProbe } from '../../routing/queue-probe';
import type { BusMessage, BusProducer, ProducerHost } from '../bus/bus-producer';
import { TRACKING_EVENT_TYPE } from '../bus/tracking-log';
import { BatchOutcome, SizeLimit, transfer, type SizedMessage } from './batch-transfer';
import { avroText, frame } from './confluent-frame';
import type { KafkaOptions } from './kafka-options';
import { describeKafkaError, isTopicMissing, type KafkaMessage, type KafkaSender } from './kafka-port';
import { headerBytes, recordBytes } from './record-size';
import type { SchemaIds } from './schema-registry';

/**
 * Key schema, spelled as the producers of Open edX register it: registries that compare strings
 * then return one id.
 */
const KEY_SCHEMA = '{"name": "name", "type": "string"}';
/** Milliseconds between two attempts to reach a topic that is being created. */
const CREATION_MS = 100;
/**
 * Time limit for closing the sender, in milliseconds. Draining is finished by then, and reachable
 * brokers need far less.
 */
const CLOSE_MS = 500;
export const REQUEST_TIMEOUT_MS = 5000;
const ENDED = 'the attempt has ended';

export interface ProducerParts {
  readonly sender: KafkaSender;
  /**
   * Hashes a key. The remainder of the hash divided by the number of partitions is the partition.
   */
  readonly hashOf: (key: Buffer) => number;
  readonly options: KafkaOptions;
  /** Avro schema of the value, as a JSON string. */
  readonly schema: string;
  readonly delivery: DeliveryOptions;
}

interface Frames {
  readonly key: (text: string) => Buffer;
  readonly value: (payload: Buffer) => Buffer;
}

export class KafkaProducer implements BusProducer {
  readonly delivery: DeliveryOptions;
  private readonly fixedHeaders: Readonly<Record<string, string>>;
  private readonly fixedBytes: number;
  private readonly limit = new SizeLimit();
  private readonly topic: string;
  private readonly keyOf: (event: { readonly name: string; readonly id: string }) => string;
  private frames: Promise<Frames> | undefined;

  constructor(
    private readonly parts: ProducerParts,
    { topic }: ProducerHost,
  ) {
    const { source = 'nestjs-event-tracking', sourcelib = '11.2.0', key = ({ name }) => name } = parts.options;
    this.topic = topic;
    this.delivery = parts.delivery;
    this.keyOf = key;
    this.fixedHeaders = {
      ce_specversion: '1.0',
      'content-type': 'application/avro',
      ce_datacontenttype: 'application/avro',
      ce_type: TRACKING_EVENT_TYPE,
      ce_source: source,
      ce_minorversion: '0',
      sourcehost: hostname(),
      sourcelib,
    };
    this.fixedBytes = headerBytes(this.fixedHeaders);
  }

  async send(messages: readonly BusMessage[], signal: AbortSignal): Promise<readonly EventRejection[] | undefined> {
    const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = this.parts.options;
    const attempt = new AbortController();
    const outcome = new BatchOutcome(messages.length);
    try {
      await sentWithin(requestTimeoutMs, signal, this.sendAll(messages, outcome, attempt.signal));
      return outcome.rejections('it was not sent');
    } catch (error) {
      const failure = failureOf(error);
      if (outcome.isUnknown) throw failure;
      return outcome.rejections(failure.message);
    } finally {
      // With a reason, because the default one is an error with a stack trace.
      attempt.abort(ENDED);
    }
  }

  /**
   * A producer learns nothing of its topic: the consumers of the topic show its state.
   * @internal
   */
  probe(): QueueProbe {
    return { kind: 'kafka', names: [this.topic], fix: '', ask: () => Promise.resolve({}) };
  }

  async close(): Promise<void> {
    await atMost(CLOSE_MS, this.parts.sender.close());
  }

  private async sendAll(messages: readonly BusMessage[], outcome: BatchOutcome, signal: AbortSignal): Promise<void> {
    const { sender } = this.parts;
    const frames = await this.framing();
    const sized = messages.flatMap((each, index): SizedMessage[] => {
      try {
        const message = this.messageOf(each, frames);
        return [{ index, message, bytes: recordBytes(message, this.fixedBytes) }];
      } catch (error) {
        // The application's `key` function fails for this event and would fail again. The error
        // message is left out because it may quote the event.
        const name = error instanceof Error ? error.name : typeof error;
        outcome.refuse(
          { index },
          `the key of its record could not be made (${name}). Fix: a key function that returns a string`,
        );
        return [];
      }
    });
    if (sized.length === 0) return;
    const lane = (part: readonly SizedMessage[], partition: number | undefined): Promise<void> => {
      const send = (ready: readonly KafkaMessage[]): Promise<void> =>
        this.onceThere(signal, () => sender.send(this.topic, ready, this.fixedHeaders, partition));
      return transfer(part, { topic: this.topic, limit: this.limit, outcome, signal, send });
    };
    let count = await this.onceThere(signal, () => sender.partitionCount(this.topic));
    let rest = sized;
    if (count === undefined && sender.choosesPartitions) {
      await lane(sized.slice(0, 1), undefined);
      count = await sender.partitionCount(this.topic);
      rest = sized.slice(1);
    }
    if (count === undefined) await lane(rest, undefined);
    else await allOf([...this.byPartition(rest, count)].map(([partition, part]) => lane(part, partition)));
  }

  private byPartition(messages: readonly SizedMessage[], count: number): ReadonlyMap<number, readonly SizedMessage[]> {
    const partitions = new Map<number, SizedMessage[]>();
    for (const each of messages) {
      const partition = this.parts.hashOf(each.message.key) % count;
      const part = partitions.get(partition);
      if (part === undefined) partitions.set(partition, [each]);
      else part.push(each);
    }
    return partitions;
  }

  /**
   * Retries a request until the topic exists: the first request for a missing topic creates it and
   * fails.
   */
  private async onceThere<Result>(signal: AbortSignal, request: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await request();
      } catch (error) {
        if (!isTopicMissing(error) || signal.aborted) throw error;
        await wait(CREATION_MS, undefined, { signal }).catch(() => undefined);
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have aborted
        if (signal.aborted) throw error;
      }
    }
  }

  private messageOf({ id, name, time, payload }: BusMessage, { key, value }: Frames): KafkaMessage {
    return { key: key(this.keyOf({ name, id })), value: value(payload), headers: { ce_id: id, ce_time: time } };
  }

  /**
   * Returns the framing of keys and values, fetched once. After a registry error, the next batch
   * asks again.
   */
  private framing(): Promise<Frames> {
    this.frames ??= this.makeFrames().catch((error: unknown) => {
      this.frames = undefined;
      const reason = `the schema registry gave no id: ${describeKafkaError(error)}`;
      throw SendFailedException.create({ reason, retryable: true, cause: error });
    });
    return this.frames;
  }

  private async makeFrames(): Promise<Frames> {
    const { registry, schemaId, keySchemaId = schemaId } = this.parts.options;
    if (registry !== undefined) return this.framesOf(registry);
    if (schemaId === undefined || keySchemaId === undefined)
      return { key: (text) => Buffer.from(text), value: (payload) => payload };
    return framesWith(keySchemaId, schemaId);
  }

  private async framesOf(registry: SchemaIds): Promise<Frames> {
    const [value, key] = await Promise.all([
      registry.idFor(`${this.topic}-${TRACKING_EVENT_TYPE}.CloudEvent`, this.parts.schema),
      registry.idFor(`${this.topic}-string`, KEY_SCHEMA),
    ]);
    return framesWith(key, value);
  }
}

function framesWith(keyId: number, valueId: number): Frames {
  return { key: (text) => frame(keyId, avroText(text)), value: (payload) => frame(valueId, payload) };
}

/**
 * Waits until all have settled, then rejects with the first failure, so that every partition's
 * outcome is known.
 */
async function allOf(sending: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(sending)) if (result.status === 'rejected') throw result.reason;
}

function failureOf(error: unknown): SendFailedException {
  if (error instanceof SendFailedException) return error;
  return SendFailedException.create({ reason: describeKafkaError(error), retryable: true, cause: error });
}

/**
 * Settles with `sending`. Rejects when the time limit has passed or `signal` is aborted; the
 * request in progress may still reach Kafka.
 */
async function sentWithin(timeoutMs: number, signal: AbortSignal, sending: Promise<void>): Promise<void> {
  await within({ timeoutMs, signal }, sending, (cause) => {
    const what =
      cause === 'timeout' ? `the brokers gave no answer within ${String(timeoutMs)} ms` : 'the attempt was aborted';
    throw SendFailedException.create({ reason: `${what}; the batch may have been delivered`, retryable: true });
  });
}
