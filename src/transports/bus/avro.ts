/**
 * Encodes a tracking event as on the bus of Open edX: Avro without a header, one record inside a
 * record, with four strings. Only the entry points of the buses import this file, because it needs
 * the peer `avsc`.
 */
import type * as Avsc from 'avsc';
import { requirePeer, type PeerUse } from '../../common/require-peer';
import type { TrackingLog } from './tracking-log';

/** Decodes the four strings of an event. */
export interface TrackingLogDecoder {
  /**
   * Decodes one record.
   * @throws if the bytes are not such a record
   */
  decode(bytes: Uint8Array): TrackingLog;
}

export interface TrackingLogCodec extends TrackingLogDecoder {
  encode(log: TrackingLog): Buffer;
  /**
   * Creates a decoder for values written with another schema: fields are found by name, in any
   * order, and further fields are ignored. The codec's own `decode` expects the four strings first,
   * in the order that Open edX uses, and ignores everything after them.
   * @param schema schema of the writer, as a JSON string
   * @throws if the records of the schema lack these fields
   */
  decoderFor(schema: string): TrackingLogDecoder;
  /** Schema as a JSON string, for a registry. */
  readonly schema: string;
}

/**
 * Schema exactly as Open edX writes it: registries that compare strings then return the same id for
 * both.
 */
const SCHEMA =
  '{"doc": "Avro Event Format for CloudEvents created with openedx_events/schema", "fields": [{"name": "tracking_log", "type": ' +
  '{"fields": [{"name": "name", "type": "string"}, {"name": "timestamp", "type": "string"}, {"name": "data", "type": "string"}, ' +
  '{"name": "context", "type": "string"}], "name": "TrackingLogData", "type": "record"}}], "name": "CloudEvent", ' +
  '"namespace": "org.openedx.analytics.tracking.event.emitted.v1", "type": "record"}';

/**
 * Creates the codec for the schema of Open edX.
 * @param use the entry point that needs the codec
 */
export function trackingLogCodec(use: PeerUse): TrackingLogCodec {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- so that errors name the fix
  const avsc = requirePeer('avsc', use, () => require('avsc') as typeof Avsc);
  const type = avsc.Type.forSchema(JSON.parse(SCHEMA) as Avsc.Schema);
  // A writer's schema may allow null for a field. A null value is then an error of the event, not
  // of its schema.
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

/**
 * Returns the decoded record.
 * @param decoded result of avsc, with a negative offset if the bytes ended too early
 */
function logOf({ value, offset }: { readonly value: unknown; readonly offset: number }): TrackingLog {
  if (offset < 0) throw new Error('it ends in the middle of its Avro record');
  return (value as { readonly tracking_log: TrackingLog }).tracking_log;
}
