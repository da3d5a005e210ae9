import type { KafkaRecord } from '../../../src/transports/kafka/kafka-reader';
import { RecordEntry } from '../../../src/transports/kafka/record-entry';

const LOG = { name: 'e', timestamp: '2026-11-24T08:00:00+00:00', data: '{"a": 1}', context: '{}' };
const TYPE = 'org.openedx.analytics.tracking.event.emitted.v1';

function entry(headers: Record<string, string> = {}, more: Partial<KafkaRecord> = {}): RecordEntry {
  const record: KafkaRecord = {
    ...{ topic: 't', partition: 2, offset: 17n, timestamp: 1000n, value: Buffer.from('value') },
    header: (name) => headers[name],
    ...more,
  };
  return new RecordEntry(record, { decode: () => LOG });
}

describe('RecordEntry', () => {
  it('shows where the record is, and its bytes', () => {
    expect([entry().position, entry().raw, entry({}, { value: null }).raw.length]).toEqual([
      't:2:17',
      Buffer.from('value'),
      0,
    ]);
  });

  it('reads the event under the id that its producer gave it', () => {
    expect(entry({ ce_id: 'its-id', ce_type: TYPE }).decode()).toMatchObject({
      id: 'its-id',
      name: 'e',
      data: { a: 1 },
    });
  });

  it('derives the same id at each reading of a record without one', () => {
    const [first, second] = [entry().decode().id, entry({ ce_id: '' }).decode().id];
    const others = [entry({}, { offset: 18n }), entry({}, { partition: 3 }), entry({}, { timestamp: 2000n })];
    expect(second).toBe(first);
    for (const other of others) expect(other.decode().id).not.toBe(first);
  });

  it('refuses a record of another type, and a tombstone', () => {
    expect(() => entry({ ce_type: 'other.v1' }).decode()).toThrow(
      'its type is "other.v1", which is not a tracking event',
    );
    expect(() => entry({}, { value: null }).decode()).toThrow('it has no value');
  });
});
