import { deriveEventId } from '../event/event-id';
import { setField } from '../event/form-copies';
import type { Normalizer } from '../event/normalizer';
import type { EventFields, IdentifiedEvent } from '../event/tracking-event';
import type { ConsumedMessage } from './event-consumer';

/** Limits the length of an id: ids are kept as long as duplicates are recognized. */
const MAX_ID_LENGTH = 255;
const OWN_FIELDS: readonly string[] = ['name', 'timestamp', 'id', 'context', 'data'];

/**
 * Reads entries of a bus within the limits of the tracker. Other programs may put events on a bus
 * that are so deeply nested or so large that copying or writing them would end the process. The
 * reader brings data and context to the normal form of emitted values. It refuses an entry that
 * exceeds a limit as a whole, because a part that was left out could not be recovered.
 */
export class BusEventReader {
  constructor(private readonly normalizer: Normalizer) {}

  /**
   * @throws Error if the entry is not an event or exceeds a limit; the message contains no event
   *   data
   */
  read(entry: ConsumedMessage): IdentifiedEvent {
    const length = lengthOf(entry);
    if (length > this.normalizer.maxReceivedBytes)
      throw new Error(`it has ${String(length)} bytes, more than an event can have`);
    const event = entry.decode();
    this.check(event);
    return this.withinLimits(event);
  }

  /**
   * Returns the bytes of an entry as base64; undefined if they cannot be read or are too many to
   * keep.
   */
  rawText(entry: ConsumedMessage): string | undefined {
    try {
      if (lengthOf(entry) > this.normalizer.maxReceivedBytes) return undefined;
      return Buffer.from(entry.raw).toString('base64');
    } catch {
      return undefined;
    }
  }

  private check(event: IdentifiedEvent): void {
    const { id, timestamp } = (event as IdentifiedEvent | undefined) ?? ({} as Partial<IdentifiedEvent>);
    if (typeof id !== 'string' || id === '') throw new Error('it has no id');
    if (!(timestamp instanceof Date) || Number.isNaN(timestamp.getTime())) throw new Error('its timestamp is no time');
  }

  private withinLimits(event: IdentifiedEvent): IdentifiedEvent {
    const { normalizer } = this;
    const name = normalizer.name(event.name);
    const context = normalizer.received(name, 'context', event.context) as EventFields;
    const data = normalizer.received(name, 'data', event.data) as EventFields | undefined;
    const id = event.id.length > MAX_ID_LENGTH ? deriveEventId(event.id, '', '', 0) : event.id;
    const isSame = data === event.data && context === event.context && id === event.id && name === event.name;
    const keys = Object.keys(event);
    if (isSame && keys.length === OWN_FIELDS.length) return event;
    const read: IdentifiedEvent = { name, timestamp: event.timestamp, id, context, data: data ?? {} };
    for (const key of keys) {
      if (OWN_FIELDS.includes(key)) continue;
      const value = normalizer.received(name, key, (event as unknown as EventFields)[key]);
      if (value !== undefined) setField(read as unknown as EventFields, key, value);
    }
    return read;
  }
}

/** Returns the size of an entry in bytes; undefined if it cannot be read. */
export function sizeOfEntry(entry: ConsumedMessage): number | undefined {
  try {
    return lengthOf(entry);
  } catch {
    return undefined;
  }
}

function lengthOf(entry: ConsumedMessage): number {
  return entry.bytes ?? entry.raw.byteLength; // `raw` may be assembled only when it is read
}
