import type * as PlatformaticKafka from '@platformatic/kafka';
import type { KafkaRecord } from './kafka-reader';

export type Message = Omit<PlatformaticKafka.Message, 'value' | 'headers'> & {
  readonly value?: Buffer | undefined;
  readonly headers: ReadonlyMap<Buffer, Buffer | null>;
};

const NAMES = { ce_id: Buffer.from('ce_id'), ce_type: Buffer.from('ce_type') };

export class PlatformaticRecord implements KafkaRecord {
  constructor(private readonly message: Message) {}

  get topic(): string {
    return this.message.topic;
  }

  get partition(): number {
    return this.message.partition;
  }

  get offset(): bigint {
    return this.message.offset;
  }

  get timestamp(): bigint {
    return this.message.timestamp;
  }

  get value(): Buffer | null {
    return this.message.value ?? null;
  }

  header(name: keyof typeof NAMES): string | undefined {
    for (const [key, value] of this.message.headers) if (NAMES[name].equals(key)) return value?.toString();
    return undefined;
  }
}
