/**
 * The form of a tracking event on the bus of Open edX: Avro without a header, one record in a record, four texts. Only the entries
 * of the buses import this file, which needs the peer `avsc`.
 */
import type * as Avsc from 'avsc';
import { requirePeer, type PeerUse } from '../../routing/require-peer';
import type { TrackingLog } from './tracking-log';

export interface TrackingLogCodec {
  encode(log: TrackingLog): Buffer;
  /** @throws if the bytes are no such record */
  decode(bytes: Uint8Array): TrackingLog;
  /** The schema as JSON text, for a registry. */
  readonly schema: string;
}

const SCHEMA = {
  name: 'CloudEvent',
  type: 'record',
  doc: 'Avro Event Format for CloudEvents created with openedx_events/schema',
  fields: [
    {
      name: 'tracking_log',
      type: {
        name: 'TrackingLogData',
        type: 'record',
        fields: ['name', 'timestamp', 'data', 'context'].map((name) => ({ name, type: 'string' })),
      },
    },
  ],
  namespace: 'org.openedx.analytics.tracking.event.emitted.v1',
} as const;

/** @param use the entry that needs it */
export function trackingLogCodec(use: PeerUse): TrackingLogCodec {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import that fails cannot say what mends it
  const avsc = requirePeer('avsc', use, () => require('avsc') as typeof Avsc);
  const type = avsc.Type.forSchema(SCHEMA as unknown as Avsc.Schema);
  return {
    encode: ({ name, timestamp, data, context }) => type.toBuffer({ tracking_log: { name, timestamp, data, context } }),
    decode: (bytes) => {
      const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const { tracking_log: log } = type.fromBuffer(buffer) as { readonly tracking_log: TrackingLog };
      return log;
    },
    schema: JSON.stringify(SCHEMA),
  };
}
