import type { CarriedFacts } from '../event/envelope';
import { readRecord } from '../event/event-record';
import type { IdentifiedEvent } from '../event/tracking-event';
import type { ConsumedMessage } from '../intake/event-consumer';
import type { OutboxRow } from './outbox-rows';

/** A row as the intake takes it. */
export class OutboxEntry implements ConsumedMessage {
  readonly position: string;
  /** Known after `decode`. */
  origin: CarriedFacts | undefined;
  private readonly record: string;

  constructor({ position, head, event }: OutboxRow) {
    this.position = position;
    this.record = `${head}\n${event}`;
  }

  get raw(): Uint8Array {
    return Buffer.from(this.record);
  }

  get bytes(): number {
    return this.record.length;
  }

  readonly decode = (): IdentifiedEvent => {
    const { event, facts } = readRecord(this.record);
    const { depth = 0, parentId } = facts;
    // Other programs can write to the table.
    if (!Number.isSafeInteger(depth) || depth < 0 || !['undefined', 'string'].includes(typeof parentId))
      throw new Error('its depth or parentId cannot be read');
    this.origin = { depth, parentId };
    return event;
  };
}
