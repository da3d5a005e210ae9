import type { TrackingLogCodec, TrackingLogDecoder } from '../bus/avro';
import { schemaIdOf, unframed } from './confluent-frame';
import type { SchemasById } from './schema-registry';
import type { TrackingLog } from '../bus/tracking-log';
import type { KafkaRecord } from './kafka-reader';

/** Ids come from whoever writes to the topic. */
const MAX_SCHEMAS = 1000;

/** Reads values with the schemas that they were written with, where there is a registry to ask for these. */
export class ValueDecoder implements TrackingLogDecoder {
  private readonly known = new Map<number, TrackingLogDecoder>();

  constructor(
    private readonly codec: TrackingLogCodec,
    private readonly registry: SchemasById | undefined,
  ) {}

  /** Ids of schemas that `decode` needs for these records and does not know yet. */
  unknownIds(records: readonly KafkaRecord[]): number[] {
    if (this.registry === undefined) return [];
    const ids = new Set<number>();
    for (const { value } of records) {
      const id = value === null ? undefined : schemaIdOf(value);
      if (id !== undefined && !this.known.has(id)) ids.add(id);
    }
    return [...ids];
  }

  /** Rejects if the registry does not answer; what it answers is final. */
  async learn(id: number): Promise<void> {
    const schema = await this.registry?.schemaOf(id);
    for (const oldest of this.known.keys()) {
      if (this.known.size < MAX_SCHEMAS) break;
      this.known.delete(oldest);
    }
    this.known.set(id, this.decoderOf(id, schema));
  }

  /** @throws if it is no event, or its schema is none of an event */
  decode(value: Buffer): TrackingLog {
    const id = this.registry === undefined ? undefined : schemaIdOf(value);
    const decoder = id === undefined ? this.codec : this.known.get(id);
    if (decoder === undefined) throw new Error(`its schema ${String(id)} is not known`);
    return decoder.decode(unframed(value));
  }

  private decoderOf(id: number, schema: string | undefined): TrackingLogDecoder {
    if (schema === undefined)
      return failing(`the registry has no Avro schema ${String(id)}, with which it was written`);
    try {
      return this.codec.decoderFor(schema);
    } catch {
      return failing(`it was written with schema ${String(id)}, which is not one of tracking events`);
    }
  }
}

function failing(reason: string): TrackingLogDecoder {
  return {
    decode: () => {
      throw new Error(reason);
    },
  };
}
