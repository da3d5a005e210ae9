import type * as PlatformaticKafka from '@platformatic/kafka';
import { describeKafkaError } from '../../backends/event-bus/kafka/kafka-port';
import type {
  KafkaListener,
  KafkaReader,
  KafkaRecord,
  PartitionOffset,
  ReaderSettings,
  TopicPartition,
} from './kafka-reader';

type Consumer = PlatformaticKafka.Consumer;
type Stream = PlatformaticKafka.MessagesStream<Buffer, Buffer, Buffer, Buffer>;
type Message = Omit<PlatformaticKafka.Message, 'value' | 'headers'> & {
  readonly value?: Buffer | undefined;
  readonly headers: ReadonlyMap<Buffer, Buffer | null>;
};

const LATEST = -1n;
const EARLIEST = -2n;
/** How long a broker may wait for records to come. */
const MAX_WAIT_MS = 1000;
/** A join waits for the other members, as long as a session at the most: an answer must have time beyond that. */
const ANSWER_MS = 5000;

/**
 * A stream of the client keeps what it has fetched over a rebalance, records of partitions that are another's now included, and
 * would give them out among those read anew. So each time the group changes a new stream is opened, which begins where the group
 * stands, and the old one is thrown away with all it holds.
 */
export class PlatformaticReader implements KafkaReader {
  private readonly consumer: Consumer;
  private readonly options: PlatformaticKafka.BaseOptions;
  private stream: Stream | undefined;
  private listener: KafkaListener | undefined;
  private isOpening = false;
  private isStopped = false;
  private resolve: () => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(
    private readonly library: typeof PlatformaticKafka,
    options: PlatformaticKafka.BaseOptions,
    private readonly settings: ReaderSettings,
  ) {
    const { group, sessionTimeoutMs } = settings;
    this.options = { ...options, requestTimeout: sessionTimeoutMs + ANSWER_MS, autocreateTopics: true };
    this.consumer = new library.Consumer<Buffer, Buffer, Buffer, Buffer>({
      ...this.options,
      ...{ groupId: group, sessionTimeout: sessionTimeoutMs, rebalanceTimeout: sessionTimeoutMs },
      heartbeatInterval: Math.max(Math.floor(sessionTimeoutMs / 5), 100),
      autocommit: false,
      maxWaitTime: MAX_WAIT_MS,
    });
    const fail = (error: unknown): void => {
      this.reject(error);
    };
    this.consumer.on('error', fail);
    // It would go on reading what the group has given to others meanwhile.
    this.consumer.on('consumer:heartbeat:error', ({ error }) => {
      this.reject(error);
    });
    this.consumer.on('consumer:group:join', () => {
      this.onJoin();
    });
  }

  run(listener: KafkaListener): Promise<void> {
    this.listener = listener;
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.begin().catch(reject);
    });
  }

  stop(): void {
    this.isStopped = true;
    this.leaveStream();
    this.resolve();
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    await this.consumer.commit({ offsets: offsets.map((each) => ({ ...each, leaderEpoch: -1 })) });
  }

  async lag(): Promise<number> {
    const topics = [...this.settings.topics];
    const [ends, starts] = await Promise.all([this.offsetsAt(LATEST), this.offsetsAt(EARLIEST)]);
    const committed = await this.consumer.listCommittedOffsets({
      topics: topics.map((topic) => ({ topic, partitions: [...(ends.get(topic) ?? []).keys()] })),
    });
    let lag = 0n;
    for (const topic of topics) {
      for (const [partition, end] of (ends.get(topic) ?? []).entries()) {
        const at = committed.get(topic)?.[partition] ?? -1n;
        lag += end - (at >= 0n ? at : (starts.get(topic)?.[partition] ?? end));
      }
    }
    return Number(lag);
  }

  async close(): Promise<void> {
    this.isStopped = true;
    this.leaveStream();
    try {
      await this.consumer.close();
    } catch {
      // The brokers could not be told. Without a membership there is nothing to tell, and the connections are closed.
      this.consumer.memberId = null;
      await this.consumer.close();
    }
  }

  private async begin(): Promise<void> {
    if (this.settings.start !== 'group') await this.moveGroup(this.settings.start === 'new' ? LATEST : EARLIEST);
    await this.open();
  }

  private async moveGroup(to: bigint): Promise<void> {
    const offsets = await this.offsetsAt(to);
    const admin = new this.library.Admin(this.options);
    try {
      await admin.alterConsumerGroupOffsets({
        groupId: this.settings.group,
        topics: [...offsets].map(([name, all]) => ({
          name,
          partitionOffsets: all.map((offset, partition) => ({ partition, offset })),
        })),
      });
    } catch (error) {
      this.settings.warn(couldNotMove(this.settings, describeKafkaError(error)));
    } finally {
      await admin.close();
    }
  }

  private offsetsAt(timestamp: bigint): Promise<PlatformaticKafka.Offsets> {
    return this.consumer.listOffsets({ topics: [...this.settings.topics], timestamp });
  }

  private onJoin(): void {
    if (this.isStopped) return;
    const old = this.stream;
    this.forget(old);
    this.listener?.assigned(this.assignments());
    if (this.isOpening) return; // by the stream that is being opened
    this.open().then(
      () => old?.destroy(), // not before: with its last stream the client would leave the topics, and join again
      (error: unknown) => {
        this.reject(error);
      },
    );
  }

  private assignments(): TopicPartition[] {
    const all = this.consumer.assignments ?? [];
    return all.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
  }

  private async open(): Promise<void> {
    this.isOpening = true;
    try {
      const stream = await this.consumer.consume({
        topics: [...this.settings.topics],
        autocommit: false,
        mode: 'committed',
        fallbackMode: 'earliest',
        maxWaitTime: MAX_WAIT_MS,
      });
      stream.on('error', (error) => {
        if (this.stream === stream) this.reject(error);
      });
      if (this.isStopped) {
        stream.destroy();
        return;
      }
      this.stream = stream;
      stream.on('close', () => {
        if (this.stream === stream) this.reject(new Error('the stream of the client has ended'));
      });
      this.pumpFrom(stream);
    } finally {
      this.isOpening = false;
    }
  }

  private pumpFrom(stream: Stream): void {
    let isPumping = false;
    stream.on('readable', () => {
      if (isPumping) return;
      isPumping = true;
      this.pump(stream)
        .catch((error: unknown) => {
          this.reject(error);
        })
        .finally(() => {
          isPumping = false;
        });
    });
  }

  private async pump(stream: Stream): Promise<void> {
    const { listener } = this;
    while (this.stream === stream && listener !== undefined) {
      const room = listener.room();
      if (room <= 0) {
        await listener.whenRoom();
        continue;
      }
      const records: KafkaRecord[] = [];
      while (records.length < room) {
        const message = stream.read() as Message | null;
        if (message === null) break;
        records.push(new PlatformaticRecord(message));
      }
      if (records.length === 0) return;
      listener.read(records);
    }
  }

  private leaveStream(): void {
    const { stream } = this;
    this.forget(stream);
    stream?.destroy();
  }

  /** What it still gives out is nobody's. */
  private forget(stream: Stream | undefined): void {
    this.stream = undefined;
    stream?.removeAllListeners('readable');
  }
}

const NAMES = { ce_id: Buffer.from('ce_id'), ce_type: Buffer.from('ce_type') };

class PlatformaticRecord implements KafkaRecord {
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

  get value(): Buffer | null {
    return this.message.value ?? null;
  }

  header(name: keyof typeof NAMES): string | undefined {
    for (const [key, value] of this.message.headers) if (NAMES[name].equals(key)) return value?.toString();
    return undefined;
  }
}

/** Of a group that somebody reads in the brokers move no offset. */
export function couldNotMove({ group, start }: ReaderSettings, reason: string): string {
  return `start is '${start}', but the group "${group}" could not be moved, and goes on from where it stands: ${reason}`;
}
