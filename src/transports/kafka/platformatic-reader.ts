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

/** Milliseconds that a broker may wait for new records. */
const MAX_WAIT_MS = 1000;
/**
 * Milliseconds after which a newly added partition or a recreated topic is noticed at the latest.
 */
const TOPIC_CHECK_MS = 5000;
/**
 * Milliseconds for a response, in addition to the session: a join waits for the other members, for
 * at most one session.
 */
const ANSWER_MS = 5000;

/**
 * Reads with the consumer of `@platformatic/kafka`. Its stream keeps fetched records across a
 * rebalance, including records of partitions that now belong to another member, and would mix them
 * with records that are read again. Each change of the group therefore opens a new stream at the
 * group's position, and the old stream is discarded with its records.
 *
 * States:
 * - Opening: joins the group, repairs positions and opens a stream. `run` moves here, and so does
 *   each later join.
 * - Reading: begins when the stream is open.
 * - Stopped: `stop` or `close` moves here. The membership ends with `close`.
 * - Failed: an error of the client, `fail` or a recreated topic makes `run` reject. The reader is
 *   not used again.
 */
export class PlatformaticReader implements KafkaReader {
  private readonly consumer: Consumer;
  private readonly options: PlatformaticKafka.BaseOptions;
  private readonly positions: PlatformaticPositions;
  private readonly crashNotes: PlatformaticNotes;
  private stream: Stream | undefined;
  private listener: KafkaListener | undefined;
  private isOpening = false;
  /** Number of times that this member was assigned partitions. */
  private joins = 0;
  private isStopped = false;
  /** Topics at the time when the stream was opened. */
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
    // Without this, the consumer would continue to read partitions that the group has given to
    // others.
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
      // The brokers could not be notified. Without a membership there is nothing to notify, and
      // only the connections are closed.
      this.consumer.memberId = null;
      await this.consumer.close();
    }
  }

  fail(error: Error): void {
    this.reject(error);
  }

  private async begin(): Promise<void> {
    if (this.settings.start !== 'group') await this.positions.move(this.settings.start);
    // This allows joining the group before a stream is open.
    this.consumer.topics.trackAll(...this.settings.topics);
    await this.open();
    this.topicTimer = setInterval(() => void this.checkTopics(), TOPIC_CHECK_MS).unref();
  }

  /**
   * Looks for added partitions and recreated topics, because the client does neither. Never
   * rejects.
   */
  private async checkTopics(): Promise<void> {
    let now: ReadonlyMap<string, SeenTopic>;
    try {
      now = await this.positions.topics();
    } catch {
      return; // the stream reports brokers that are unreachable
    }
    if (this.isStopped || this.stream === undefined) return;
    for (const [topic, { id, partitions }] of now) {
      const before = this.seen.get(topic);
      if (before !== undefined && before.id !== id) {
        this.reject(new Error(`the topic "${topic}" was deleted and made anew`));
        return;
      }
      if (before === undefined || before.partitions === partitions) continue;
      // The group's leader distributes the partitions again. When other members rejoin, nothing
      // changes.
      this.seen = now;
      await this.consumer.joinGroup({}).catch((error: unknown) => {
        this.reject(error);
      });
      return;
    }
  }

  /**
   * Moves the group where its position is before the first or after the last record. The client
   * would fail repeatedly there.
   */
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
    if (this.isOpening) return; // the running `open` covers this join
    this.open().then(
      // Not earlier: without any stream the client would leave the topics and join again.
      () => old?.destroy(),
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
        // Partitions that are reassigned during these calls must be checked as well.
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

  /** Detaches a stream. Records that it still emits are ignored. */
  private forget(stream: Stream | undefined): void {
    this.stream = undefined;
    stream?.removeAllListeners('readable');
  }
}
