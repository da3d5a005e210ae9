import type * as PlatformaticKafka from '@platformatic/kafka';
import {
  keyOf,
  repairPositions,
  type KafkaListener,
  type KafkaReader,
  type KafkaRecord,
  type PartitionNote,
  type PartitionOffset,
  type ReaderSettings,
  type TopicPartition,
} from './kafka-reader';
import { PlatformaticNotes } from './platformatic-notes';
import { PlatformaticPositions, type SeenTopic } from './platformatic-positions';
import { PlatformaticRecord, type Message } from './platformatic-record';

type Consumer = PlatformaticKafka.Consumer;
type Stream = PlatformaticKafka.MessagesStream<Buffer, Buffer, Buffer, Buffer>;

/** How long a broker may wait for records to come. */
const MAX_WAIT_MS = 1000;
/** How long a partition that was added, or a topic that was made anew, may stay unknown. */
const TOPIC_CHECK_MS = 5000;
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
  private readonly positions: PlatformaticPositions;
  private readonly crashNotes: PlatformaticNotes;
  private stream: Stream | undefined;
  private listener: KafkaListener | undefined;
  private isOpening = false;
  /** How often this member has got its partitions. */
  private joins = 0;
  private isStopped = false;
  /** Topics as they were when the stream was opened. */
  private seen: ReadonlyMap<string, SeenTopic> = new Map();
  private topicTimer: NodeJS.Timeout | undefined;
  private resolve: () => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(
    library: typeof PlatformaticKafka,
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
    this.positions = new PlatformaticPositions(library, this.consumer, this.options, settings);
    this.crashNotes = new PlatformaticNotes(library, this.consumer, this.options, group);
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
    clearInterval(this.topicTimer);
    this.leaveStream();
    this.resolve();
  }

  get memberId(): string | null {
    return this.consumer.memberId;
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.some(({ note }) => note !== undefined)) await this.crashNotes.write(offsets);
    else await this.consumer.commit({ offsets: offsets.map((each) => ({ ...each, leaderEpoch: -1 })) });
  }

  async notes(partitions: readonly TopicPartition[]): Promise<PartitionNote[]> {
    const [bounds, notes] = await Promise.all([
      this.positions.bounds(partitions, this.seen),
      this.crashNotes.read(partitions),
    ]);
    return bounds.map(({ topic, partition, committed, low }) => {
      const at = { topic, partition };
      return { ...at, offset: committed < low ? low : committed, note: notes.get(keyOf(at)) };
    });
  }

  liveMembers(): Promise<ReadonlySet<string>> {
    return this.crashNotes.members();
  }

  lag(): Promise<number> {
    return this.positions.lag();
  }

  async close(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.topicTimer);
    this.leaveStream();
    await this.crashNotes.close();
    try {
      await this.consumer.close();
    } catch {
      // The brokers could not be told. Without a membership there is nothing to tell, and the connections are closed.
      this.consumer.memberId = null;
      await this.consumer.close();
    }
  }

  fail(error: Error): void {
    this.reject(error);
  }

  private async begin(): Promise<void> {
    if (this.settings.start !== 'group') await this.positions.move(this.settings.start);
    this.consumer.topics.trackAll(...this.settings.topics); // so that it can join the group before a stream is opened
    await this.open();
    this.topicTimer = setInterval(() => void this.checkTopics(), TOPIC_CHECK_MS).unref();
  }

  /** The client itself looks for neither partitions that are added nor topics that are made anew. Never rejects. */
  private async checkTopics(): Promise<void> {
    let now: ReadonlyMap<string, SeenTopic>;
    try {
      now = await this.positions.topics();
    } catch {
      return; // of brokers that are away the stream tells
    }
    if (this.isStopped || this.stream === undefined) return;
    for (const [topic, { id, partitions }] of now) {
      const before = this.seen.get(topic);
      if (before !== undefined && before.id !== id) {
        this.reject(new Error(`the topic "${topic}" was deleted and made anew`));
        return;
      }
      if (before === undefined || before.partitions === partitions) continue;
      // The member that leads the group spreads the partitions anew; joining again of the others changes nothing.
      this.seen = now;
      await this.consumer.joinGroup({}).catch((error: unknown) => {
        this.reject(error);
      });
      return;
    }
  }

  /** The client would fail again and again where the group stands before the first or behind the last record. */
  private async repair(): Promise<void> {
    const { listener, positions } = this;
    this.seen = await positions.topics();
    const assigned = this.assignments();
    if (listener === undefined || assigned.length === 0) return;
    const moved = repairPositions(await positions.bounds(assigned, this.seen), listener);
    if (moved.length > 0) await this.commit(moved);
    for (const [topic, { id }] of this.seen) this.settings.topicIds.set(topic, id);
  }

  private onJoin(): void {
    if (this.isStopped) return;
    this.joins++;
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
      if (this.consumer.memberId === null) await this.consumer.joinGroup({});
      let joins: number;
      do {
        // Partitions that are given anew while these wait have to be looked at, too.
        joins = this.joins;
        await this.repair();
        await this.listener?.prepare(this.assignments());
      } while (joins !== this.joins && !this.isStopped);
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
