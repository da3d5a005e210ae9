/**
 * Puts events on a topic of Kafka in the form of Open edX's event-bus-kafka. What a broker refuses for good because of an event is
 * said of the event; everything else comes again, since a broker that is away, deaf or short of replicas will be back.
 */
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { SendFailedException } from '../../../delivery/destination';
import { atMost } from '../../../event/at-most';
import type { DeliveryOptions } from '../../../delivery/delivery-options';
import type { BusMessage, BusProducer, ProducerSurroundings } from '../bus-producer';
import { TRACKING_EVENT_TYPE } from '../tracking-log';
import { avroText, frame } from './confluent-frame';
import type { KafkaOptions, SchemaIds } from './kafka-options';
import { describeKafkaError, isTopicMissing, protocolNames, type KafkaMessage, type KafkaSender } from './kafka-port';

/** What sending again cannot mend: the events are to blame, or one of them. */
const REFUSED = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'];
const KEY_SCHEMA = '"string"';
/** Between asking for a topic and its being there. */
const CREATION_MS = 100;
const CLOSE_MS = 2000;
export const REQUEST_TIMEOUT_MS = 5000;

export interface ProducerParts {
  readonly sender: KafkaSender;
  readonly options: KafkaOptions;
  /** JSON text. */
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
  private readonly topic: string;
  private readonly keyOf: (event: { readonly name: string; readonly id: string }) => string;
  private frames: Promise<Frames> | undefined;

  constructor(
    private readonly parts: ProducerParts,
    { topic }: ProducerSurroundings,
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
  }

  async send(messages: readonly BusMessage[], signal: AbortSignal): Promise<undefined> {
    const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = this.parts.options;
    const attempt = new AbortController();
    try {
      await within(requestTimeoutMs, signal, this.sendAll(messages, attempt.signal));
    } catch (error) {
      if (error instanceof SendFailedException) throw error;
      const names = protocolNames(error);
      const retryable = !REFUSED.some((name) => names.has(name));
      throw SendFailedException.create({ reason: describeKafkaError(error), retryable, cause: error });
    } finally {
      attempt.abort();
    }
  }

  async close(): Promise<void> {
    await atMost(CLOSE_MS, this.parts.sender.close());
  }

  private async sendAll(messages: readonly BusMessage[], signal: AbortSignal): Promise<void> {
    const frames = await this.framing();
    const ready = messages.map((message) => this.messageOf(message, frames));
    for (;;) {
      try {
        await this.parts.sender.send(this.topic, ready, this.fixedHeaders);
        return;
      } catch (error) {
        // The first send to a topic that is not there asks for it, and fails.
        if (!isTopicMissing(error) || signal.aborted) throw error;
        await wait(CREATION_MS, undefined, { signal }).catch(() => undefined);
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may have come in between
        if (signal.aborted) throw error;
      }
    }
  }

  private messageOf({ id, name, time, payload }: BusMessage, { key, value }: Frames): KafkaMessage {
    return { key: key(this.keyOf({ name, id })), value: value(payload), headers: { ce_id: id, ce_time: time } };
  }

  /** A registry that is away is asked again with the next batch. */
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

/** Settles with `sending`, or rejects when the time is up or nobody waits any more: what is under way may land all the same. */
async function within(timeoutMs: number, signal: AbortSignal, sending: Promise<void>): Promise<void> {
  let stop = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    const giveUp = (reason: string): void => {
      reject(SendFailedException.create({ reason: `${reason}; the batch may have landed`, retryable: true }));
    };
    const onAbort = (): void => {
      giveUp('the attempt was given up');
    };
    const timer = setTimeout(() => {
      giveUp(`the brokers gave no answer within ${String(timeoutMs)} ms`);
    }, timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    stop = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
  });
  try {
    await Promise.race([sending, over]);
  } finally {
    stop();
  }
}
