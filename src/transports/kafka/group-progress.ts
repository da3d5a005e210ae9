import {
  keyOf,
  type KafkaListener,
  type KafkaReader,
  type KafkaRecord,
  type PartitionBounds,
  type PartitionOffset,
  type TopicPartition,
} from './kafka-reader';
import { PartitionProgress } from './partition-progress';

function isForgotten({ committed, high }: PartitionBounds): boolean {
  return committed < 0n || committed > high;
}

interface AssignedPartition {
  readonly at: TopicPartition;
  done: PartitionProgress;
}

/**
 * How far a member of a group has come in each of its partitions.
 *
 * Each assignment begins with nothing read, since reading begins again at the position of the group. Entries that are still in
 * flight then come a second time, and are recognised by their ids. What was read before is not recognised by its offset: offsets
 * begin again when a topic is made anew or its newest records are lost, and other events have them then.
 */
export class GroupProgress {
  private readonly partitions = new Map<string, AssignedPartition>();
  /** Offsets that were committed here; only kept while this member has the partition. */
  private readonly reached = new Map<string, bigint>();
  /** Records come in runs of one partition: a key for each would cost more than all else. */
  private last: AssignedPartition | undefined;

  constructor(private readonly reports: Pick<KafkaListener, 'missed' | 'restarted'>) {}

  /** Entries between the offsets that may be committed and the last ones read. */
  get span(): number {
    let span = 0;
    for (const { done } of this.partitions.values()) span += done.span;
    return span;
  }

  assign(partitions: readonly TopicPartition[]): void {
    const ours = new Set(partitions.map(keyOf));
    for (const key of this.reached.keys()) if (!ours.has(key)) this.reached.delete(key);
    this.clear();
    for (const at of partitions) this.partitions.set(keyOf(at), { at, done: new PartitionProgress() });
  }

  /** Nothing more of what was read is committed. */
  clear(): void {
    this.last = undefined;
    this.partitions.clear();
  }

  /**
   * Forgets what was committed here, since it was of another log.
   * @returns what that was
   */
  forget(at: TopicPartition): bigint | undefined {
    const reached = this.reached.get(keyOf(at));
    this.reached.delete(keyOf(at));
    return reached;
  }

  /** @returns undefined for records of a partition that is not assigned */
  of(record: KafkaRecord): PartitionProgress | undefined {
    const { last } = this;
    const isSame = last?.at.partition === record.partition && last.at.topic === record.topic;
    const assigned = isSame ? last : this.partitions.get(keyOf(record));
    this.last = assigned;
    if (assigned === undefined || !assigned.done.isBehind(record.offset)) {
      if (assigned?.done.isUnread === true) this.checkRestart(record);
      return assigned?.done;
    }
    this.checkRestart(record);
    // Entries of the old log are settled in the old progress, which is not committed any more.
    assigned.done = new PartitionProgress();
    return assigned.done;
  }

  /** A position was committed without any progress. */
  noted(at: TopicPartition, offset: bigint): void {
    if (!this.reached.has(keyOf(at))) this.reached.set(keyOf(at), offset);
  }

  /** Where the group may stand in a partition; undefined before anything was read in it. */
  positionIn(at: TopicPartition): bigint | undefined {
    return this.partitions.get(keyOf(at))?.done.position;
  }

  /**
   * Brokers forget the positions of a group in a topic with the topic. One that is made again under the same name must not be
   * read from the old position, nor have it committed: reading begins again. kafkajs also forgets a position itself, where the
   * records behind it were deleted before they were read.
   * @returns a partition whose position is forgotten; what was read is then not committed any more
   */
  async findForgotten(reader: KafkaReader): Promise<TopicPartition | undefined> {
    const assigned = [...this.partitions.values()];
    const reached = assigned.map(({ at }) => at).filter((at) => this.reached.has(keyOf(at)));
    if (reached.length === 0 || reader.committed === undefined) return undefined;
    const bounds = await reader.committed(reached);
    const passedOver = await this.findPassedOver(bounds, reader);
    const gone = bounds.filter((each) => isForgotten(each) && !passedOver.has(keyOf(each)));
    for (const { topic, partition, committed, low } of gone) {
      const at = { topic, partition };
      // It was committed after the topic was made again.
      if (committed >= 0n) await reader.commit([{ ...at, offset: low }]);
      const end = this.partitions.get(keyOf(at))?.done.end ?? -1n;
      const before = this.forget(at); // or the next reader would find the same again
      if (before === undefined) continue;
      const from = end > before ? end : before;
      if (low > from) this.reports.missed(at, from, low);
      else this.reports.restarted(at, before, 0n);
    }
    if (gone.length > 0) this.clear();
    return gone[0];
  }

  /** Positions that the group may have and does not have yet. */
  toCommit(): PartitionOffset[] {
    return [...this.partitions.values()].flatMap(({ at, done }) =>
      done.toCommit === undefined ? [] : [{ ...at, offset: done.toCommit }],
    );
  }

  /** @param progress what `toCommit` was read from, by its order; a partition that began again meanwhile has another */
  committed(positions: readonly PartitionOffset[], progress: ReadonlyMap<string, PartitionProgress>): void {
    for (const position of positions) {
      const key = keyOf(position);
      progress.get(key)?.commit(position.offset);
      if (this.partitions.get(key)?.done === progress.get(key)) this.reached.set(key, position.offset);
    }
  }

  /** The progress of each partition as it is now. */
  snapshot(): ReadonlyMap<string, PartitionProgress> {
    return new Map([...this.partitions].map(([key, { done }]) => [key, done]));
  }

  /**
   * kafkajs by itself reads on at the first record where those that it asks for are deleted, and forgets the position. Reports
   * what was passed over, and commits where this member is.
   * @returns the keys of these partitions
   */
  private async findPassedOver(bounds: readonly PartitionBounds[], reader: KafkaReader): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const { topic, partition, committed, low } of bounds) {
      const at = { topic, partition };
      const done = this.partitions.get(keyOf(at))?.done;
      const gap = done?.takeGap();
      // A gap that begins behind the first record was there before: nothing was deleted in it.
      if (done?.position === undefined || gap === undefined || low <= gap.from) continue;
      found.add(keyOf(at));
      this.reports.missed(at, gap.from, low < gap.to ? low : gap.to);
      if (committed < 0n) await reader.commit([{ ...at, offset: done.position }]);
    }
    return found;
  }

  private checkRestart(record: KafkaRecord): void {
    const reached = this.reached.get(keyOf(record));
    if (reached === undefined || record.offset >= reached) return;
    this.reached.delete(keyOf(record));
    this.reports.restarted(record, reached, record.offset);
  }
}
