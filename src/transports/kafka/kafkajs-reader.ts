import type * as KafkaJs from 'kafkajs';
import { within } from '../../common/within';
import { describeKafkaError } from './kafka-port';
import {
  keyOf,
  type GroupPosition,
  type KafkaListener,
  type KafkaReader,
  type KafkaRecord,
  type PartitionBounds,
  type PartitionNote,
  type PartitionOffset,
  type ReaderSettings,
  type TopicPartition,
} from './kafka-reader';
import { OpenCalls } from './open-calls';
import { lagOf, repairPositions, warnNotMoved } from './partition-bounds';
import { MAX_WAIT_MS, membershipOptions, ReaderRun, TOPIC_CHECK_MS } from './reader-run';

type GivenKafka = Pick<KafkaJs.Kafka, 'consumer' | 'admin'>;

/**
 * Reads with the consumer of a given kafkajs.
 *
 * States:
 * - New: before `run`.
 * - Reading: `run` moves here. Each change of the group is passed to the listener.
 * - Stopped: `stop` or `close` moves here. The membership ends with `close`.
 * - Failed: a crash of the client or `fail` makes `run` reject. The reader is not used again.
 */
export class KafkaJsReader implements KafkaReader {
  private readonly consumer: KafkaJs.Consumer;
  private readonly admin: KafkaJs.Admin;
  private connecting: Promise<void> | undefined;
  private readonly calls = new OpenCalls();
  /**
   * Bounds and positions before the group was joined. kafkajs moves the group's position as soon as
   * it reads.
   */
  private boundsBefore: readonly PartitionBounds[] = [];
  private listener: KafkaListener | undefined;
  private isStopped = false;
  private generation = 0;
  private joinedAs: string | null = null;
  private readonly running = new ReaderRun();

  constructor(
    kafka: GivenKafka,
    private readonly settings: ReaderSettings,
  ) {
    this.admin = kafka.admin({ retry: { retries: 0 } });
    this.consumer = kafka.consumer({
      ...membershipOptions(settings),
      ...{ maxWaitTimeInMs: MAX_WAIT_MS, allowAutoTopicCreation: true, metadataMaxAge: TOPIC_CHECK_MS },
      // kafkajs must not restart: the consumer creates a new reader and logs this.
      retry: { retries: 2, initialRetryTime: 100, restartOnFailure: () => Promise.resolve(false) },
    });
    const { CRASH, GROUP_JOIN } = this.consumer.events;
    this.consumer.on(CRASH, ({ payload }) => {
      this.running.fail(payload.error);
    });
    this.consumer.on(GROUP_JOIN, ({ payload }) => {
      this.generation++;
      this.joinedAs = payload.memberId;
      if (this.isStopped) return;
      const all = Object.entries(payload.memberAssignment);
      const assigned = all.flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));
      this.listener?.assigned(assigned);
      this.checkPositions(assigned);
      void this.listener?.prepare(assigned);
    });
  }

  run(listener: KafkaListener): Promise<void> {
    this.listener = listener;
    return this.running.start(() => this.begin());
  }

  /** Stops reading. kafkajs stays in the group through the heartbeats of empty fetches. */
  stop(): void {
    this.isStopped = true;
    try {
      this.consumer.pause(this.settings.topics.map((topic) => ({ topic })));
    } catch {
      // The consumer has not started yet.
    }
    this.running.stop();
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    await this.consumer.commitOffsets(
      offsets.map(({ topic, partition, offset, note = null }) => ({
        ...{ topic, partition, offset: offset.toString(), metadata: note },
      })),
    );
  }

  get memberId(): string | null {
    return this.joinedAs;
  }

  async notes(partitions: readonly TopicPartition[]): Promise<PartitionNote[]> {
    const bounds = await this.bounds();
    return partitions.map(({ topic, partition }) => {
      const found = bounds.find((each) => each.topic === topic && each.partition === partition);
      const { committed = 0n, low = 0n, high = 0n, note } = found ?? {};
      return { topic, partition, offset: committed < low || committed > high ? low : committed, note };
    });
  }

  async liveMembers(): Promise<ReadonlySet<string>> {
    const { groups } = await this.ask((admin) => admin.describeGroups([this.settings.group]));
    return new Set(groups.flatMap(({ members }) => members.map(({ memberId }) => memberId)));
  }

  positions(): Promise<readonly GroupPosition[]> {
    return this.bounds();
  }

  async lag(): Promise<number> {
    return lagOf(await this.bounds());
  }

  async close(): Promise<void> {
    this.isStopped = true;
    await this.calls.close(() => Promise.allSettled([this.consumer.disconnect(), this.admin.disconnect()]));
  }

  fail(error: Error): void {
    this.running.fail(error);
  }

  private async begin(): Promise<void> {
    const { topics, start } = this.settings;
    if (start !== 'group') await this.moveGroup(start);
    // There is nothing to report about a topic that does not exist yet.
    this.boundsBefore = await this.bounds().catch(() => []);
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.takeBatch(payload),
    });
    if (this.isStopped) this.stop();
  }

  private async moveGroup(start: 'new' | 'beginning'): Promise<void> {
    const { group, topics } = this.settings;
    for (const topic of topics) {
      const partitions = (await this.ask((admin) => admin.fetchTopicOffsets(topic))).map(
        ({ partition, high, low }) => ({
          partition,
          offset: start === 'new' ? high : low,
        }),
      );
      try {
        await this.ask((admin) => admin.setOffsets({ groupId: group, topic, partitions }));
      } catch (error) {
        warnNotMoved(this.settings, describeKafkaError(error));
        return;
      }
    }
  }

  /**
   * Reports invalid positions. kafkajs continues at the start of a partition that does not contain
   * the group's position.
   */
  private checkPositions(assigned: readonly TopicPartition[]): void {
    const ours = new Set(assigned.map(keyOf));
    const bounds = this.boundsBefore.filter((each) => ours.has(keyOf(each)));
    this.boundsBefore = [];
    if (this.listener !== undefined) repairPositions(bounds, this.listener);
  }

  async committed(partitions: readonly TopicPartition[]): Promise<PartitionBounds[]> {
    const asked = new Set(partitions.map(keyOf));
    return (await this.bounds()).filter((each) => asked.has(keyOf(each)));
  }

  /** Returns bounds, positions and notes of all partitions of the topics. */
  private async bounds(): Promise<(PartitionBounds & Pick<PartitionNote, 'note'>)[]> {
    const { group, topics } = this.settings;
    const committed = await this.ask((admin) => admin.fetchOffsets({ groupId: group, topics: [...topics] }));
    const bounds: Awaited<ReturnType<typeof this.bounds>> = [];
    for (const topic of topics) {
      const standsAt = committed.find((each) => each.topic === topic)?.partitions ?? [];
      for (const { partition, high, low } of await this.ask((admin) => admin.fetchTopicOffsets(topic))) {
        const { offset: at = '-1', metadata } = standsAt.find((each) => each.partition === partition) ?? {};
        // kafkajs identifies topics by name alone.
        const known = { committed: BigInt(at), low: BigInt(low), high: BigInt(high), isOther: false };
        bounds.push({ topic, partition, ...known, note: metadata ?? undefined });
      }
    }
    return bounds;
  }

  private ask<T>(question: (admin: KafkaJs.Admin) => Promise<T>): Promise<T> {
    return this.calls.run(async () => question(await this.connectedAdmin()));
  }

  private async connectedAdmin(): Promise<KafkaJs.Admin> {
    this.connecting ??= this.admin.connect();
    try {
      await this.connecting;
    } catch (error) {
      this.connecting = undefined;
      throw error;
    }
    return this.admin;
  }

  /**
   * Passes on a batch. Records that it leaves are fetched again: the next fetch starts after the
   * last resolved offset.
   */
  private async takeBatch(payload: KafkaJs.EachBatchPayload): Promise<void> {
    const { listener, generation } = this;
    const { batch } = payload;
    const heartbeat = { timeoutMs: this.settings.sessionTimeoutMs / 5, keepsAlive: false };
    let at = 0;
    while (at < batch.messages.length && listener !== undefined) {
      while (listener.room() <= 0 && !this.isStopped) {
        await within(heartbeat, listener.whenRoom(), () => undefined);
        await payload.heartbeat();
      }
      if (this.isStopped || generation !== this.generation || !payload.isRunning()) return;
      const messages = batch.messages.slice(at, at + listener.room());
      listener.read(messages.map((message) => recordOf(batch, message)));
      at += messages.length;
      payload.resolveOffset(messages.at(-1)?.offset ?? '');
      await payload.heartbeat();
    }
  }
}

function recordOf(
  { topic, partition }: KafkaJs.Batch,
  { offset, timestamp, value, headers = {} }: KafkaJs.KafkaMessage,
): KafkaRecord {
  const header = (name: string): string | undefined => {
    const given = headers[name];
    return (Array.isArray(given) ? given[0] : given)?.toString();
  };
  return { topic, partition, offset: BigInt(offset), timestamp: BigInt(timestamp), value, header };
}
