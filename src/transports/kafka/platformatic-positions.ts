import type * as PlatformaticKafka from '@platformatic/kafka';
import { describeKafkaError } from './kafka-port';
import type { GroupPosition, PartitionBounds, PartitionOffset, ReaderSettings, TopicPartition } from './kafka-reader';
import { warnNotMoved } from './partition-bounds';

const LATEST = -1n;
const EARLIEST = -2n;

/** A topic as the brokers describe it. */
export interface SeenTopic {
  readonly id: string;
  readonly partitions: number;
}

/** Reads and moves the positions of a group, and reads the bounds of its topics. */
export class PlatformaticPositions {
  constructor(
    private readonly library: typeof PlatformaticKafka,
    private readonly consumer: PlatformaticKafka.Consumer,
    private readonly options: PlatformaticKafka.BaseOptions,
    private readonly settings: ReaderSettings,
  ) {}

  /** Returns the committed offset of each partition; negative where nothing is committed. */
  async committed(partitions: readonly TopicPartition[]): Promise<PartitionOffset[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))].map((topic) => ({
      topic,
      partitions: partitions.filter((each) => each.topic === topic).map(({ partition }) => partition),
    }));
    const found = await this.consumer.listCommittedOffsets({ topics });
    return partitions.map(({ topic, partition }) => ({
      ...{ topic, partition },
      offset: found.get(topic)?.[partition] ?? -1n,
    }));
  }

  /** Returns the group's positions in all partitions of its topics, and the bounds of these. */
  async ofGroup(): Promise<GroupPosition[]> {
    const [ends, starts] = await Promise.all([this.offsetsAt(LATEST), this.offsetsAt(EARLIEST)]);
    const partitions = [...ends].flatMap(([topic, all]) => all.map((_end, partition) => ({ topic, partition })));
    const committed = await this.committed(partitions);
    return committed.map(({ topic, partition, offset }) => {
      const high = ends.get(topic)?.[partition] ?? 0n;
      return { topic, partition, committed: offset, low: starts.get(topic)?.[partition] ?? high, high };
    });
  }

  /** Returns the current topics, bypassing the client's cache. */
  async topics(): Promise<ReadonlyMap<string, SeenTopic>> {
    const { topics } = await this.consumer.metadata({ topics: [...this.settings.topics], forceUpdate: true });
    return new Map(
      [...topics].map(([topic, { id, partitionsCount }]) => [topic, { id, partitions: partitionsCount }] as const),
    );
  }

  /**
   * Returns bounds and positions of partitions.
   * @param seen topics as they were when the group was joined
   */
  async bounds(
    partitions: readonly TopicPartition[],
    seen: ReadonlyMap<string, SeenTopic>,
  ): Promise<PartitionBounds[]> {
    const { topicIds } = this.settings;
    const [starts, ends, committed] = await Promise.all([
      this.offsetsAt(EARLIEST),
      this.offsetsAt(LATEST),
      this.committed(partitions),
    ]);
    return committed.map(({ topic, partition, offset }) => {
      const known = topicIds.get(topic);
      return {
        ...{ topic, partition, committed: offset },
        low: starts.get(topic)?.[partition] ?? 0n,
        high: ends.get(topic)?.[partition] ?? 0n,
        isOther: known !== undefined && known !== seen.get(topic)?.id,
      };
    });
  }

  /** Moves the group to the end or the beginning of its topics. */
  async move(start: 'new' | 'beginning'): Promise<void> {
    const offsets = await this.offsetsAt(start === 'new' ? LATEST : EARLIEST);
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
      warnNotMoved(this.settings, describeKafkaError(error));
    } finally {
      await admin.close();
    }
  }

  private offsetsAt(timestamp: bigint): Promise<PlatformaticKafka.Offsets> {
    return this.consumer.listOffsets({ topics: [...this.settings.topics], timestamp });
  }
}
