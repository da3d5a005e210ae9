import { trackingLogCodec } from '../../../src/transports/bus/avro';
import { frame } from '../../../src/transports/kafka/confluent-frame';
import type { KafkaListener, KafkaRecord } from '../../../src/transports/kafka/kafka-reader';
import { SchemaGate } from '../../../src/transports/kafka/schema-gate';
import { ValueDecoder } from '../../../src/transports/kafka/value-decoder';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/kafka', peers: ['avsc'] });
const partition = { topic: 't', partition: 0 };

function recordOf(offset: number, schemaId: number): KafkaRecord {
  const value = frame(schemaId, codec.encode({ name: String(offset), timestamp: '', data: '', context: '' }));
  return {
    ...partition,
    offset: BigInt(offset),
    value,
    header: () => undefined,
  } as Partial<KafkaRecord> as KafkaRecord;
}

function gateOf(): { readonly gate: SchemaGate; readonly read: string[]; readonly answer: (() => void)[] } {
  const read: string[] = [];
  const answer: (() => void)[] = [];
  const listener: Partial<KafkaListener> = {
    assigned: () => read.push('assigned'),
    room: () => 10,
    whenRoom: () => Promise.resolve(),
    read: (records) => read.push(...records.map(({ offset }) => String(offset))),
  };
  const schemaOf = (): Promise<string> =>
    new Promise((resolve) => {
      answer.push(() => {
        resolve(codec.schema);
      });
    });
  const reports = { warn: () => {}, tell: () => {}, signal: new AbortController().signal };
  const gate = new SchemaGate(listener as KafkaListener, new ValueDecoder(codec, { schemaOf }), reports);
  return { gate, read, answer };
}

describe('A SchemaGate', () => {
  it('has no room while records wait for their schema, and asks for each schema once', async () => {
    const { gate, read, answer } = gateOf();
    gate.read([recordOf(1, 7), recordOf(2, 7)]);
    expect({ room: gate.room(), read }).toEqual({ room: 0, read: [] });
    answer[0]!();
    await gate.whenRoom();
    expect({ room: gate.room(), read }).toEqual({ room: 10, read: ['1', '2'] });
    gate.read([recordOf(3, 7)]);
    expect({ asked: answer.length, read }).toEqual({ asked: 1, read: ['1', '2', '3'] });
  });

  it('drops what waits when partitions are assigned, since that is read again', async () => {
    const { gate, read, answer } = gateOf();
    gate.read([recordOf(5, 7)]);
    gate.assigned([partition]);
    expect(gate.room()).toBe(10);
    gate.read([recordOf(1, 7), recordOf(2, 8)]);
    answer[0]!();
    await new Promise(setImmediate);
    answer[1]!();
    await gate.whenRoom();
    expect(read).toEqual(['assigned', '1', '2']);
  });
});
