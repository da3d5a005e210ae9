import fc from 'fast-check';
import { compatibilityPartitioner } from '@platformatic/kafka';
import { Partitioners } from 'kafkajs';
import { KafkaProducer } from '../../../src/transports/kafka/kafka-producer';
import type { KafkaOptions } from '../../../src/transports/kafka/kafka-options';
import type { KafkaMessage, KafkaSender } from '../../../src/transports/kafka/kafka-port';
import { KEY_HASHES } from '../../../src/transports/kafka/key-partitioner';
import { MAX_BATCH_BYTES } from '../../../src/transports/kafka/record-size';
import type { BusMessage } from '../../../src/transports/bus/bus-producer';

const never = new AbortController().signal;

/**
 * A topic in memory that measures records by their values alone, which is less than a broker
 * counts.
 */
class Topic implements KafkaSender {
  readonly choosesPartitions = true;
  readonly partitions: string[][];
  readonly requests: { readonly partition: number | undefined; readonly bytes: number; readonly count: number }[] = [];
  readonly down = new Set<number>();

  constructor(
    partitions: number,
    private readonly maxBytes: number,
    private isKnown = true,
  ) {
    this.partitions = Array.from({ length: partitions }, () => []);
  }

  partitionCount(): Promise<number | undefined> {
    return Promise.resolve(this.isKnown ? this.partitions.length : undefined);
  }

  send(_: string, messages: readonly KafkaMessage[], __: object, partition: number | undefined): Promise<void> {
    this.isKnown = true;
    const bytes = messages.reduce((sum, { value }) => sum + value.length, 0);
    this.requests.push({ partition, bytes, count: messages.length });
    const to = partition ?? KEY_HASHES.murmur2(messages[0]!.key) % this.partitions.length;
    if (this.down.has(to)) return Promise.reject(new Error('ECONNRESET'));
    if (bytes > this.maxBytes)
      return Promise.reject(Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }));
    this.partitions[to]!.push(...messages.map(({ headers }) => headers['ce_id']!));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function producerOf(sender: KafkaSender, requestTimeoutMs = 5000, options: Partial<KafkaOptions> = {}): KafkaProducer {
  const parts = {
    sender,
    hashOf: KEY_HASHES.murmur2,
    options: { requestTimeoutMs, ...options },
    schema: '{}',
    delivery: {},
  };
  return new KafkaProducer(parts, { topic: 't', place: 'backends.bus', warn: () => {}, tell: () => {} });
}

function messagesOf(sizes: readonly number[], names = 7): BusMessage[] {
  return sizes.map((size, at) => ({
    ...{ id: String(at), name: `name-${String(at % names)}`, time: '2026-11-24T12:00:00+00:00' },
    payload: Buffer.alloc(size),
  }));
}

describe('A batch for Kafka', () => {
  it('lands once, but for what is too large alone, in order per partition and in requests of one partition each', async () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 400_000 }));
    const limit = fc.constantFrom(500, 20_000, 250_000, 1_048_588);
    await fc.assert(
      fc.asyncProperty(
        ...[fc.array(size, { minLength: 1, maxLength: 60 }), limit, fc.integer({ min: 1, max: 6 }), fc.boolean()],
        async (sizes: number[], maxBytes: number, partitions: number, isKnown: boolean) => {
          const topic = new Topic(partitions, maxBytes, isKnown);
          const refused = (await producerOf(topic).send(messagesOf(sizes), never)) ?? [];
          const tooLarge = [...sizes.keys()].filter((at) => sizes[at]! > maxBytes);
          expect(refused.map(({ index }) => index).sort((a, b) => a - b)).toEqual(tooLarge);
          expect(refused.every(({ retryable }) => !retryable)).toBe(true);
          const landed = topic.partitions.map((ids) => ids.map(Number));
          for (const ids of landed) expect(ids).toEqual(ids.toSorted((a, b) => a - b));
          const fitting = [...sizes.keys()].filter((at) => sizes[at]! <= maxBytes);
          expect(landed.flat().sort((a, b) => a - b)).toEqual(fitting);
          for (const { bytes, count } of topic.requests) expect(count === 1 || bytes <= MAX_BATCH_BYTES).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuses an event whose key cannot be made, alone and without quoting it', async () => {
    const topic = new Topic(1, 1_000_000);
    const key = ({ id }: { id: string }): string => {
      if (id === '1') throw new RangeError('ann@example.org');
      return id;
    };
    const refused = await producerOf(topic, 5000, { key }).send(messagesOf([10, 10, 10]), never);
    expect(refused).toEqual([{ index: 1, retryable: false, reason: expect.stringContaining('(RangeError)') }]);
    expect(JSON.stringify(refused)).not.toContain('ann@');
    expect(topic.partitions).toEqual([['0', '2']]);
  });

  it('learns what a topic takes, so that later batches are not refused', async () => {
    const topic = new Topic(1, 30_000);
    const producer = producerOf(topic);
    const batch = messagesOf(Array.from({ length: 100 }, () => 2000));
    await producer.send(batch, never);
    const before = topic.requests.length;
    await producer.send(batch, never);
    expect(topic.requests.slice(before).every(({ bytes }) => bytes <= 30_000)).toBe(true);
    expect(topic.partitions[0]).toHaveLength(200);
  });

  it('is sent again where a partition failed, and nowhere else', async () => {
    const topic = new Topic(4, 1_000_000);
    const messages = messagesOf(Array.from({ length: 40 }, () => 10));
    topic.down.add(2);
    const rejected = (await producerOf(topic).send(messages, never)) ?? [];
    const landed = topic.partitions.flat();
    expect(landed.length).toBeGreaterThan(0);
    expect(rejected.length).toBeGreaterThan(0);
    for (const { reason, retryable } of rejected)
      expect({ reason, retryable }).toEqual({ reason: 'ECONNRESET', retryable: true });
    expect([...landed, ...rejected.map(({ index }) => String(index))].map(Number).sort((a, b) => a - b)).toEqual([
      ...messages.keys(),
    ]);
  });

  it('is sent again where a partition gives no answer in time, and nowhere else', async () => {
    const topic = new Topic(4, 1_000_000);
    const send = topic.send.bind(topic);
    topic.send = (...args) => (args[3] === 2 ? new Promise(() => undefined) : send(...args));
    const messages = messagesOf(Array.from({ length: 40 }, () => 10));
    const rejected = (await producerOf(topic, 100).send(messages, never)) ?? [];
    const landed = topic.partitions.flat();
    expect(landed.length + rejected.length).toBe(40);
    expect(rejected.every(({ reason, retryable }) => retryable && reason.includes('no answer within 100 ms'))).toBe(
      true,
    );
  });

  it('fails as a whole where nothing is known of any event', async () => {
    const topic = new Topic(2, 1_000_000);
    topic.down.add(0).add(1);
    await expect(producerOf(topic).send(messagesOf([1, 1, 1]), never)).rejects.toMatchObject({ retryable: true });
  });
});

describe('The partition of a key', () => {
  it('is that of kafkajs, of @platformatic/kafka and so of clients for Java', () => {
    const ofKafkaJs = Partitioners.DefaultPartitioner();
    const partitionMetadata = Array.from({ length: 31 }, (_, partitionId) => ({
      ...{ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1] },
    }));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const key = Buffer.from(bytes);
        const hash = KEY_HASHES.murmur2(key);
        expect(hash).toBe(compatibilityPartitioner({} as never, key));
        expect(hash % 31).toBe(ofKafkaJs({ topic: 't', partitionMetadata, message: { key, value: null } }));
      }),
    );
  });

  // Measured with confluent-kafka 2.16 for Python, on a topic of 17 partitions.
  it.each([
    ['problem_check', 1],
    ['edx.course.enrollment.activated', 13],
    ['\0\0\0\0\u0007\u0014play_video', 10],
    ['é', 0],
  ])('%j is with crc32 that of librdkafka', (key, partition) => {
    expect(KEY_HASHES.crc32(Buffer.from(key)) % 17).toBe(partition);
  });
});
