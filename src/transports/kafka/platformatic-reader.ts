import type * as PlatformaticKafka from '@platformatic/kafka';
import {
  keyOf,
  type GroupPosition,
  type KafkaListener,
  type KafkaReader,
  type PartitionNote,
  type PartitionOffset,
  type ReaderSettings,
  type TopicPartition,
} from './kafka-reader';
import { PlatformaticNotes } from './platformatic-notes';
import { PlatformaticPositions, type SeenTopic } from './platformatic-positions';
import { lagOf, repairPositions } from './partition-bounds';
import { MAX_WAIT_MS, membershipOptions, ReaderRun, TOPIC_CHECK_MS } from './reader-run';
import { RecordStream } from './record-stream';

type Consumer = PlatformaticKafka.Consumer;

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
  private readonly offsets: PlatformaticPositions;
  private readonly crashNotes: PlatformaticNotes;
  private stream: RecordStream | undefined;
  private listener: KafkaListener | undefined;
  private isOpening = false;
  /** Number of times that this member was assigned partitions. */
  private joins = 0;
  private isStopped = false;
  /** Topics at the time when the stream was opened. */
  private seen: ReadonlyMap<string, SeenTopic> = new Map();
  private topicTimer: NodeJS.Timeout | undefined;
  private readonly running = new ReaderRun();

  constructor(
    library: typeof PlatformaticKafka,
    options: PlatformaticKafka.BaseOptions,
    private readonly settings: ReaderSettings,
  ) {
    const { group, sessionTimeoutMs } = settings;
    this.options = { ...options, requestTimeout: sessionTimeoutMs + ANSWER_MS, autocreateTopics: true };
    this.consumer = new library.Consumer<Buffer, Buffer, Buffer, Buffer>({
      ...this.options,
      ...membershipOptions(settings),
      autocommit: false,
      maxWaitTime: MAX_WAIT_MS,
    });
    this.offsets = new PlatformaticPositions(library, this.consumer, this.options, settings);
    this.crashNotes = new PlatformaticNotes(library, this.consumer, this.options, group);
    this.consumer.on('error', this.running.fail);
    // Without this, the consumer would continue to read partitions that the group has given to
    // others.
    this.consumer.on('consumer:heartbeat:error', ({ error }) => {
      this.running.fail(error);
    });
    this.consumer.on('consumer:group:join', () => {
      this.onJoin();
    });
  }

  run(listener: KafkaListener): Promise<void> {
    this.listener = listener;
    return this.running.start(() => this.begin());
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.topicTimer);
    this.leaveStream();
    this.running.stop();
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
      this.offsets.bounds(partitions, this.seen),
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

  positions(): Promise<readonly GroupPosition[]> {
    return this.offsets.ofGroup();
  }

  async lag(): Promise<number> {
    return lagOf(await this.positions());
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
    this.running.fail(error);
  }

  private async begin(): Promise<void> {
    if (this.settings.start !== 'group') await this.offsets.move(this.settings.start);
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
      now = await this.offsets.topics();
    } catch {
      return; // the stream reports brokers that are unreachable
    }
    if (this.isStopped || this.stream === undefined) return;
    for (const [topic, { id, partitions }] of now) {
      const before = this.seen.get(topic);
      if (before !== undefined && before.id !== id) {
        this.running.fail(new Error(`the topic "${topic}" was deleted and created again`));
        return;
      }
      if (before === undefined || before.partitions === partitions) continue;
      // The group's leader distributes the partitions again. When other members rejoin, nothing
      // changes.
      this.seen = now;
      await this.consumer.joinGroup({}).catch(this.running.fail);
      return;
    }
  }

  /**
   * Moves the group where its position is before the first or after the last record. The client
   * would fail repeatedly there.
   */
  private async repair(): Promise<void> {
    const { listener, offsets } = this;
    this.seen = await offsets.topics();
    const assigned = this.assignments();
    if (listener === undefined || assigned.length === 0) return;
    const moved = repairPositions(await offsets.bounds(assigned, this.seen), listener);
    if (moved.length > 0) await this.commit(moved);
    for (const [topic, { id }] of this.seen) this.settings.topicIds.set(topic, id);
  }

  private onJoin(): void {
    if (this.isStopped) return;
    this.joins++;
    const old = this.stream;
    this.stream = undefined;
    old?.leave();
    this.listener?.assigned(this.assignments());
    if (this.isOpening) return; // the running `open` covers this join
    // Not destroyed earlier: without any stream the client would leave the topics and join again.
    this.open().then(() => old?.destroy(), this.running.fail);
  }

  private assignments(): TopicPartition[] {
    const all = this.consumer.assignments ?? [];
    return all.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
  }

  private async open(): Promise<void> {
    const { listener } = this;
    if (listener === undefined) return;
    this.isOpening = true;
    try {
      if (this.consumer.memberId === null) await this.consumer.joinGroup({});
      let joins: number;
      do {
        // Partitions that are reassigned during these calls must be checked as well.
        joins = this.joins;
        await this.repair();
        await listener.prepare(this.assignments());
      } while (joins !== this.joins && !this.isStopped);
      const stream = await this.consumer.consume({
        topics: [...this.settings.topics],
        autocommit: false,
        mode: 'committed',
        fallbackMode: 'earliest',
        maxWaitTime: MAX_WAIT_MS,
      });
      this.stream = new RecordStream(stream, listener, this.running.fail);
      if (this.isStopped) this.leaveStream();
    } finally {
      this.isOpening = false;
    }
  }

  private leaveStream(): void {
    const { stream } = this;
    this.stream = undefined;
    stream?.leave();
    stream?.destroy();
  }
}
