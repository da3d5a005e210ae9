import type { TrackingLogCodec, TrackingLogDecoder } from '../bus/avro';
import { schemaIdOf, unframed } from './confluent-frame';
import type { SchemasById } from './schema-registry';
import type { TrackingLog } from '../bus/tracking-log';
import type { KafkaRecord } from './kafka-reader';

/** Limit of cached schemas, because any producer of the topic can use new ids. */
const MAX_SCHEMAS = 1000;

/** Reads values with the schemas they were written with, if there is a registry. */
export class ValueDecoder implements TrackingLogDecoder {
  private readonly known = new Map<number, TrackingLogDecoder>();

  constructor(
    private readonly codec: TrackingLogCodec,
    private readonly registry: SchemasById | undefined,
  ) {}

  /** Returns the ids of schemas that `decode` needs for these records and does not have yet. */
  unknownIds(records: readonly KafkaRecord[]): number[] {
    if (this.registry === undefined) return [];
    const ids = new Set<number>();
    for (const { value } of records) {
      const id = value === null ? undefined : schemaIdOf(value);
      if (id !== undefined && !this.known.has(id)) ids.add(id);
    }
    return [...ids];
  }

  /**
   * Fetches a schema and caches the result, even if the schema does not exist. Rejects if the
   * registry does not respond.
   */
  async learn(id: number): Promise<void> {
    const schema = await this.registry?.schemaOf(id);
    for (const oldest of this.known.keys()) {
      if (this.known.size < MAX_SCHEMAS) break;
      this.known.delete(oldest);
    }
    this.known.set(id, this.decoderOf(id, schema));
  }

  /**
   * Decodes the value of a record.
   * @throws if the value is not an event, or its schema is not the schema of an event
   */
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
