import type { TrackingLogDecoder } from '../bus/avro';
import { eventOf, TRACKING_EVENT_TYPE } from '../bus/tracking-log';
import { deriveEventId } from '../../event/event-id';
import type { StoredEvent } from '../../event/tracking-event';
import type { IncomingEntry } from '../../routing/event-consumer';
import { keyOf, type KafkaRecord } from './kafka-reader';

/** Presents a Kafka record to the intake. */
export class RecordEntry implements IncomingEntry {
  constructor(
    private readonly record: KafkaRecord,
    private readonly decoder: TrackingLogDecoder,
  ) {}

  get position(): string {
    return `${keyOf(this.record)}:${String(this.record.offset)}`;
  }

  get raw(): Buffer {
    return this.record.value ?? Buffer.alloc(0);
  }

  decode(): StoredEvent {
    const { record } = this;
    const type = record.header('ce_type');
    if (type !== undefined && type !== TRACKING_EVENT_TYPE) throw new Error(`it is no tracking event, but "${type}"`);
    if (record.value === null) throw new Error('it has no value');
    const given = record.header('ce_id') ?? '';
    const id = given === '' ? deriveEventId(`kafka ${this.position}`, String(record.timestamp), '', 0) : given;
    return eventOf(id, this.decoder.decode(record.value));
  }
}
