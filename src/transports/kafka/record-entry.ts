import type { TrackingLogDecoder } from '../bus/avro';
import { eventOf, TRACKING_EVENT_TYPE } from '../bus/tracking-log';
import { deriveEventId } from '../../event/event-id';
import type { IdentifiedEvent } from '../../event/tracking-event';
import type { ConsumedMessage } from '../../intake/event-consumer';
import { keyOf, type KafkaRecord } from './kafka-reader';

/** Presents a Kafka record to the intake. */
export class RecordEntry implements ConsumedMessage {
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

  decode(): IdentifiedEvent {
    const { record } = this;
    const type = record.header('ce_type');
    if (type !== undefined && type !== TRACKING_EVENT_TYPE)
      throw new Error(`its type is "${type}", which is not a tracking event`);
    if (record.value === null) throw new Error('it has no value');
    const given = record.header('ce_id') ?? '';
    const id = given === '' ? deriveEventId(`kafka ${this.position}`, String(record.timestamp), '', 0) : given;
    return eventOf(id, this.decoder.decode(record.value));
  }
}
