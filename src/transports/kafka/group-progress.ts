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
 * Tracks the progress of a group member in each of its partitions.
 *
 * Each assignment starts without progress, because reading starts again at the group's position.
 * Entries that are still in flight then arrive a second time, and are recognized by their event
 * ids. Offsets cannot identify them: when a topic is recreated or loses its newest records, its
 * offsets start over and belong to other events.
 */
export class GroupProgress {
  private readonly partitions = new Map<string, AssignedPartition>();
  /** Offsets that this member has committed. Kept only while it owns the partition. */
  private readonly reached = new Map<string, bigint>();
  /**
   * Partition of the previous record. Records arrive in runs of one partition, and building a key
   * per record would cost more than everything else.
   */
  private last: AssignedPartition | undefined;

  constructor(private readonly reports: Pick<KafkaListener, 'missed' | 'restarted'>) {}

  /** Number of entries between the offsets that may be committed and the last entries read. */
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

  /** Discards all progress, so that no record read so far is committed. */
  clear(): void {
    this.last = undefined;
    this.partitions.clear();
  }

  /**
   * Forgets the offset that this member committed, because it belongs to another log.
   * @returns the offset; undefined if there was none
   */
  forget(at: TopicPartition): bigint | undefined {
    const reached = this.reached.get(keyOf(at));
    this.reached.delete(keyOf(at));
    return reached;
  }

  /**
   * Returns the progress that a record belongs to.
   * @returns undefined for a record of a partition that is not assigned
   */
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
    // Entries of the old log settle in the old progress, which is no longer committed.
    assigned.done = new PartitionProgress();
    return assigned.done;
  }

  /** Records a position that was committed together with a note, without any progress. */
  noted(at: TopicPartition, offset: bigint): void {
    if (!this.reached.has(keyOf(at))) this.reached.set(keyOf(at), offset);
  }

  /**
   * Returns the position that the group may have in a partition; undefined before anything was read
   * there.
   */
  positionIn(at: TopicPartition): bigint | undefined {
    return this.partitions.get(keyOf(at))?.done.position;
  }

  /**
   * Finds partitions whose committed position is lost. Brokers delete the positions of a group
   * together with the topic. A topic recreated under the same name must not be read from the old
   * position, and the old position must not be committed there: reading starts again. kafkajs also
   * drops a position when the next records were deleted before they were read.
   * @returns one partition whose position is lost; progress so far is then discarded
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
      // The position was committed after the topic was recreated.
      if (committed >= 0n) await reader.commit([{ ...at, offset: low }]);
      const end = this.partitions.get(keyOf(at))?.done.end ?? -1n;
      const before = this.forget(at); // otherwise the next reader would find the same loss again
      if (before === undefined) continue;
      const from = end > before ? end : before;
      if (low > from) this.reports.missed(at, from, low);
      else this.reports.restarted(at, before, 0n);
    }
    if (gone.length > 0) this.clear();
    return gone[0];
  }

  /** Returns positions that may be committed and are not committed yet. */
  toCommit(): PartitionOffset[] {
    return [...this.partitions.values()].flatMap(({ at, done }) =>
      done.toCommit === undefined ? [] : [{ ...at, offset: done.toCommit }],
    );
  }

  /**
   * Records a successful commit.
   * @param progress the snapshot taken with `toCommit`; a partition that has started over since
   *   then has other progress
   */
  committed(positions: readonly PartitionOffset[], progress: ReadonlyMap<string, PartitionProgress>): void {
    for (const position of positions) {
      const key = keyOf(position);
      progress.get(key)?.commit(position.offset);
      if (this.partitions.get(key)?.done === progress.get(key)) this.reached.set(key, position.offset);
    }
  }

  /** Returns the current progress of each partition. */
  snapshot(): ReadonlyMap<string, PartitionProgress> {
    return new Map([...this.partitions].map(([key, { done }]) => [key, done]));
  }

  /**
   * Finds gaps left by kafkajs. If the requested records were deleted, kafkajs continues at the
   * first record and drops the position. This method reports the skipped records and commits this
   * member's position.
   * @returns the keys of these partitions
   */
  private async findPassedOver(bounds: readonly PartitionBounds[], reader: KafkaReader): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const { topic, partition, committed, low } of bounds) {
      const at = { topic, partition };
      const done = this.partitions.get(keyOf(at))?.done;
      const gap = done?.takeGap();
      // A gap that begins after the first record is not new: nothing was deleted in it.
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
