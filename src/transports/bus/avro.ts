/**
 * The form of a tracking event on the bus of Open edX: Avro without a header, one record in a record, four strings. Only the entries
 * of the buses import this file, which needs the peer `avsc`.
 */
import type * as Avsc from 'avsc';
import { requirePeer, type PeerUse } from '../../common/require-peer';
import type { TrackingLog } from './tracking-log';

/** Reads the four strings of an event. */
export interface TrackingLogDecoder {
  /** @throws if the bytes are no such record */
  decode(bytes: Uint8Array): TrackingLog;
}

export interface TrackingLogCodec extends TrackingLogDecoder {
  encode(log: TrackingLog): Buffer;
  /**
   * A decoder for what was written with another schema: fields are found by their names, in any order, and others are ignored.
   * `decode` of the codec itself expects the four strings first, in the order of Open edX, and ignores what follows them.
   * @param schema JSON text of the schema that the writer used
   * @throws if its records have no such fields
   */
  decoderFor(schema: string): TrackingLogDecoder;
  /** The schema as JSON text, for a registry. */
  readonly schema: string;
}

/** As Open edX writes it, to the letter: a registry that compares texts then gives both the same id. */
const SCHEMA =
  '{"doc": "Avro Event Format for CloudEvents created with openedx_events/schema", "fields": [{"name": "tracking_log", "type": ' +
  '{"fields": [{"name": "name", "type": "string"}, {"name": "timestamp", "type": "string"}, {"name": "data", "type": "string"}, ' +
  '{"name": "context", "type": "string"}], "name": "TrackingLogData", "type": "record"}}], "name": "CloudEvent", ' +
  '"namespace": "org.openedx.analytics.tracking.event.emitted.v1", "type": "record"}';

/** @param use the entry that needs it */
export function trackingLogCodec(use: PeerUse): TrackingLogCodec {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import that fails cannot say what mends it
  const avsc = requirePeer('avsc', use, () => require('avsc') as typeof Avsc);
  const type = avsc.Type.forSchema(JSON.parse(SCHEMA) as Avsc.Schema);
  // A writer may allow null for a field, and null then is what is wrong with an event rather than with its schema.
  const nullable = avsc.Type.forSchema(JSON.parse(SCHEMA.replaceAll('"string"', '["string", "null"]')) as Avsc.Schema);
  return {
    encode: ({ name, timestamp, data, context }) => type.toBuffer({ tracking_log: { name, timestamp, data, context } }),
    decode: (bytes) => logOf(type.decode(bufferOf(bytes))),
    decoderFor: (schema) => {
      const resolver = nullable.createResolver(avsc.Type.forSchema(JSON.parse(schema) as Avsc.Schema));
      return { decode: (bytes) => logOf(nullable.decode(bufferOf(bytes), 0, resolver)) };
    },
    schema: SCHEMA,
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @param decoded as avsc gives it: with a negative offset if the bytes ended too early */
function logOf({ value, offset }: { readonly value: unknown; readonly offset: number }): TrackingLog {
  if (offset < 0) throw new Error('it ends in the middle of its Avro record');
  return (value as { readonly tracking_log: TrackingLog }).tracking_log;
}
