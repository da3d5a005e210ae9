import type * as PlatformaticKafka from '@platformatic/kafka';
import { describeKafkaError } from './kafka-port';
import type { PartitionBounds, PartitionOffset, ReaderSettings, TopicPartition } from './kafka-reader';

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
        const start = starts.get(topic)?.[partition] ?? end;
        const from = at > start ? at : start;
        if (end > from) lag += end - from;
      }
    }
    return Number(lag);
  }

  /** Returns the current topics, bypassing the client's cache. */
  async topics(): Promise<ReadonlyMap<string, SeenTopic>> {
    const { topics } = await this.consumer.metadata({ topics: [...this.settings.topics], forceUpdate: true });
    return new Map(
      [...topics].map(([topic, { id, partitionsCount }]) => [topic, { id, partitions: partitionsCount }] as const),
    );
  }

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
      this.settings.warn(couldNotMove(this.settings, describeKafkaError(error)));
    } finally {
      await admin.close();
    }
  }

  private offsetsAt(timestamp: bigint): Promise<PlatformaticKafka.Offsets> {
    return this.consumer.listOffsets({ topics: [...this.settings.topics], timestamp });
  }
}

/**
 * Describes why the group was not moved: brokers do not move the offsets of a group with active
 * members.
 */
export function couldNotMove({ group, start }: ReaderSettings, reason: string): string {
  return `start is '${start}', but the group "${group}" could not be moved, and goes on from where it stands: ${reason}`;
}
