import type * as PlatformaticKafka from '@platformatic/kafka';
import { keyOf, type PartitionNote, type PartitionOffset, type TopicPartition } from './kafka-reader';
import { OpenCalls } from './open-calls';

/** Reads and writes the notes next to a group's positions. The client's consumer does neither. */
export class PlatformaticNotes {
  private admin: PlatformaticKafka.Admin | undefined;
  private pool: PlatformaticKafka.ConnectionPool | undefined;
  private readonly calls = new OpenCalls();

  constructor(
    private readonly library: typeof PlatformaticKafka,
    private readonly consumer: PlatformaticKafka.Consumer,
    private readonly options: PlatformaticKafka.BaseOptions,
    private readonly group: string,
  ) {}

  /**
   * Reads the notes of partitions.
   * @returns the notes by `topic:partition`
   */
  async read(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, string>> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))].map((name) => ({
      name,
      partitionIndexes: partitions.filter(({ topic }) => topic === name).map(({ partition }) => partition),
    }));
    const groups = await this.calls.run(() =>
      this.client().listConsumerGroupOffsets({ groups: [{ groupId: this.group, topics }] }),
    );
    const notes = new Map<string, string>();
    for (const { name, partitions: found } of groups.flatMap((each) => each.topics))
      for (const { partitionIndex, metadata } of found)
        if (metadata !== null && metadata !== undefined)
          notes.set(keyOf({ topic: name, partition: partitionIndex }), metadata);
    return notes;
  }

  async members(): Promise<ReadonlySet<string>> {
    const groups = await this.calls.run(() => this.client().describeGroups({ groups: [this.group] }));
    return new Set(groups.get(this.group)?.members.keys() ?? []);
  }

  /**
   * Commits offsets with their notes.
   * @throws if the group has changed meanwhile
   */
  write(offsets: readonly (PartitionOffset & Pick<PartitionNote, 'note'>)[]): Promise<void> {
    return this.calls.run(() => this.writeNow(offsets));
  }

  async close(): Promise<void> {
    await this.calls.close(() => Promise.allSettled([this.admin?.close(), this.pool?.close()]));
  }

  private async writeNow(offsets: readonly PartitionOffset[]): Promise<void> {
    const { library, consumer, group } = this;
    const coordinator = await consumer.findGroupCoordinator();
    const broker = (await consumer.metadata({ topics: [] })).brokers.get(coordinator);
    if (broker === undefined) throw new Error(`the broker ${String(coordinator)} is not known`);
    this.pool ??= new library.ConnectionPool(this.options.clientId, this.options);
    const connection = await this.pool.get(broker);
    const topics = offsets.map(({ topic, partition, offset, note }) => {
      const place = { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1 };
      return { name: topic, partitions: [{ ...place, committedMetadata: note ?? null }] };
    });
    const { memberId, generationId } = consumer;
    await library.offsetCommitV8.api.async(connection, group, generationId, memberId, null, topics);
  }

  private client(): PlatformaticKafka.Admin {
    return (this.admin ??= new this.library.Admin(this.options));
  }
}
