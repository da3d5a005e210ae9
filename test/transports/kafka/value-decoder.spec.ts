import { trackingLogCodec } from '../../../src/transports/bus/avro';
import { frame } from '../../../src/transports/kafka/confluent-frame';
import type { KafkaRecord } from '../../../src/transports/kafka/kafka-reader';
import { ValueDecoder } from '../../../src/transports/kafka/value-decoder';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/kafka', peers: ['avsc'] });
const LOG = { name: 'e', timestamp: '2026-11-24T08:00:00+00:00', data: '{}', context: '{}' };
const body = codec.encode(LOG);
const record = (value: Buffer | null): KafkaRecord => ({ value }) as Partial<KafkaRecord> as KafkaRecord;
const schemas: Record<number, string | undefined> = { 1: codec.schema, 2: '"string"' };
const registry = { schemaOf: jest.fn((id: number) => Promise.resolve(schemas[id])) };

describe('ValueDecoder', () => {
  it('reads framed and bare values without a registry, and needs no schema', () => {
    const decoder = new ValueDecoder(codec, undefined);
    expect([decoder.decode(body), decoder.decode(frame(9, body))]).toEqual([LOG, LOG]);
    expect(decoder.unknownIds([record(frame(9, body))])).toEqual([]);
  });

  it('names each schema once that it does not know, until it has learned it', async () => {
    const decoder = new ValueDecoder(codec, registry);
    const records = [frame(1, body), frame(2, body), frame(1, body), body, null].map(record);
    expect(decoder.unknownIds(records)).toEqual([1, 2]);
    await decoder.learn(1);
    expect([decoder.unknownIds(records), decoder.decode(frame(1, body)), decoder.decode(body)]).toEqual([
      [2],
      LOG,
      LOG,
    ]);
  });

  it.each([
    [2, 'it was written with schema 2, which is not one of tracking events'],
    [3, 'the registry has no Avro schema 3, with which it was written'],
  ])('remembers that schema %d cannot be read', async (id, message) => {
    const decoder = new ValueDecoder(codec, registry);
    await decoder.learn(id);
    expect(decoder.unknownIds([record(frame(id, body))])).toEqual([]);
    expect(() => decoder.decode(frame(id, body))).toThrow(message);
  });

  it('refuses a value whose schema it has not learned', () => {
    expect(() => new ValueDecoder(codec, registry).decode(frame(1, body))).toThrow('its schema 1 is not known');
  });

  it('fails to learn from a registry that does not respond', async () => {
    const decoder = new ValueDecoder(codec, { schemaOf: () => Promise.reject(new Error('ECONNREFUSED')) });
    await expect(decoder.learn(1)).rejects.toThrow('ECONNREFUSED');
    expect(decoder.unknownIds([record(frame(1, body))])).toEqual([1]);
  });

  it('forgets the oldest of more than a thousand schemas', async () => {
    const decoder = new ValueDecoder(codec, registry);
    for (let id = 10; id <= 1010; id++) await decoder.learn(id);
    expect([10, 11, 1010].flatMap((id) => decoder.unknownIds([record(frame(id, body))]))).toEqual([10]);
  });
});
