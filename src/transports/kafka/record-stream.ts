import type * as PlatformaticKafka from '@platformatic/kafka';
import type { KafkaListener, KafkaRecord } from './kafka-reader';
import { PlatformaticRecord, type Message } from './platformatic-record';

type Stream = Pick<
  PlatformaticKafka.MessagesStream<Buffer, Buffer, Buffer, Buffer>,
  'on' | 'read' | 'removeAllListeners' | 'destroy'
>;

/**
 * Passes the records of one stream of `@platformatic/kafka` to a listener, as far as it has
 * capacity.
 *
 * States:
 * - Reading: the start. An error or the end of the stream is passed to `onFailure`.
 * - Left: `leave` moves here. Records and errors that the stream still emits are ignored.
 */
export class RecordStream {
  private isLeft = false;
  private isPassing = false;

  constructor(
    private readonly stream: Stream,
    private readonly listener: KafkaListener,
    private readonly onFailure: (error: unknown) => void,
  ) {
    stream.on('error', (error) => {
      this.fail(error);
    });
    stream.on('close', () => {
      this.fail(new Error('the stream of the client has ended'));
    });
    stream.on('readable', this.onReadable);
  }

  leave(): void {
    this.isLeft = true;
    this.stream.removeAllListeners('readable');
  }

  /** Closes the stream. Call `leave` first. */
  destroy(): void {
    this.stream.destroy();
  }

  private readonly onReadable = (): void => {
    if (this.isPassing) return;
    this.isPassing = true;
    this.passOn()
      .catch((error: unknown) => {
        this.onFailure(error);
      })
      .finally(() => {
        this.isPassing = false;
      });
  };

  private async passOn(): Promise<void> {
    const { listener } = this;
    while (!this.isLeft) {
      const capacity = listener.room();
      if (capacity <= 0) {
        await listener.whenRoom();
        continue;
      }
      const records = this.take(capacity);
      if (records.length === 0) return;
      listener.read(records);
    }
  }

  private take(limit: number): KafkaRecord[] {
    const records: KafkaRecord[] = [];
    while (records.length < limit) {
      const message = this.stream.read() as Message | null;
      if (message === null) break;
      records.push(new PlatformaticRecord(message));
    }
    return records;
  }

  private fail(error: unknown): void {
    if (!this.isLeft) this.onFailure(error);
  }
}
