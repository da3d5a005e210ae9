import { codec } from './peers';
import { eventOf, TRACKING_EVENT_TYPE } from '../bus/tracking-log';
import { deriveEventId } from '../../event/event-id';
import type { IdentifiedEvent } from '../../event/tracking-event';
import type { ConsumedMessage } from '../../intake/event-consumer';

type EntryReply = readonly [id: Buffer, fields: readonly Buffer[] | null] | null;
export type StreamsReply = readonly (readonly [key: Buffer, entries: readonly EntryReply[]])[] | null;

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
const TYPE = Buffer.from('type');
const ID = Buffer.from('id');
const EVENT_DATA = Buffer.from('event_data');
const OURS = Buffer.from(TRACKING_EVENT_TYPE);

/** Returns the entries in a reply of XREADGROUP. */
export function entriesOf(reply: StreamsReply): StreamEntry[] {
  return (reply ?? []).flatMap(([key, entries]) => entriesOfStream(key.toString(), entries));
}

/** Returns the entries of one stream, without those that were deleted from it. */
export function entriesOfStream(key: string, entries: readonly EntryReply[]): StreamEntry[] {
  const found: StreamEntry[] = [];
  for (const entry of entries) {
    const [id, fields] = entry ?? [];
    if (id !== undefined && fields !== undefined && fields !== null)
      found.push(new StreamEntry(key, id.toString('latin1'), fields));
  }
  return found;
}

/** An entry as received from Redis. */
export class StreamEntry implements ConsumedMessage {
  /** @param fields names and values in turn */
  constructor(
    readonly key: string,
    readonly id: string,
    private readonly fields: readonly Buffer[],
  ) {}

  /** Identifies the entry among all streams. */
  get position(): string {
    return `${this.key}:${this.id}`;
  }

  /** The fields exactly as received from Redis, encoded as a RESP array of bulk strings. */
  get raw(): Buffer {
    const { fields } = this;
    const parts = fields.flatMap((field) => [Buffer.from(`$${String(field.length)}\r\n`), field, Buffer.from('\r\n')]);
    return Buffer.concat([Buffer.from(`*${String(fields.length)}\r\n`), ...parts]);
  }

  get bytes(): number {
    let bytes = 0;
    for (const field of this.fields) bytes += field.length;
    return bytes;
  }

  decode(): IdentifiedEvent {
    const { key, id: streamId, fields } = this;
    let type: Buffer | undefined;
    let id: Buffer | undefined;
    let payload: Buffer | undefined;
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const name = fields[at] as Buffer;
      if (name.equals(EVENT_DATA)) payload = fields[at + 1];
      else if (name.equals(TYPE)) type = fields[at + 1];
      else if (name.equals(ID)) id = fields[at + 1];
    }
    if (type === undefined || payload === undefined) throw new Error('it has no type or no event_data');
    if (!type.equals(OURS))
      throw new Error(`its type is ${JSON.stringify(type.toString().slice(0, 100))}, not ${TRACKING_EVENT_TYPE}`);
    const given = id?.toString() ?? '';
    // An event without a valid id gets one derived from its position, so that it has the same id
    // when it is read again.
    return eventOf(UUID.test(given) ? given : deriveEventId(streamId, key, '', 0), codec.decode(payload));
  }
}
