/** The minimum that reading needs from a Kafka client. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface KafkaRecord extends TopicPartition {
  readonly offset: bigint;
  /** Value of the record; null for a tombstone. */
  readonly value: Buffer | null;
  /** Timestamp in epoch milliseconds, as written by the producer or the broker. */
  readonly timestamp: bigint;
  /** Returns a header, decoded on demand: records have ten headers, of which two are read. */
  header(name: 'ce_id' | 'ce_type'): string | undefined;
}

export interface PartitionOffset extends TopicPartition {
  /** Offset of the next record to read. */
  readonly offset: bigint;
  /** Note stored with the position until the next commit.  @default none */
  readonly note?: string | undefined;
}

/** Position of a group in a partition, with its note. */
export type PartitionNote = PartitionOffset;

export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${String(partition)}`;
}

/** Receives the records that a reader reads. */
export interface KafkaListener {
  /**
   * Called when exactly these partitions belong to this member. Later records start at the group's
   * position.
   */
  assigned(partitions: readonly TopicPartition[]): void;
  /** Must be called after `assigned` and before the first record is passed. Never rejects. */
  prepare(partitions: readonly TopicPartition[]): Promise<void>;
  /** Returns the number of records that may be passed at once now. */
  room(): number;
  /** Resolves when `room()` is positive or reading ends. */
  whenRoom(): Promise<void>;
  /**
   * Called when the records from `from` to before `to` were deleted before the group had read them.
   */
  missed(at: TopicPartition, from: bigint, to: bigint): void;
  /**
   * Called when the group's position `from` does not exist in the partition any more. Reading
   * continues at the start of the partition, `to`.
   */
  restarted(at: TopicPartition, from: bigint, to: bigint): void;
  /** Receives at most `room()` records, in order within each partition. */
  read(records: readonly KafkaRecord[]): void;
}

/** One membership in a group, from joining to leaving. */
export interface KafkaReader {
  /**
   * Joins the group and reads. Resolves after `stop`, and rejects when reading cannot continue.
   * Call it once.
   */
  run(listener: KafkaListener): Promise<void>;
  /** Stops reading but stays in the group, so that records in progress can still be committed. */
  stop(): void;
  /** Id of this member in the group; null while it is not a member. */
  readonly memberId: string | null;
  /** Commits offsets. A commit without a `note` clears the previous note. */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /**
   * Returns, for each partition, the group's position (or its starting position) and the note
   * stored with it.
   */
  notes(partitions: readonly TopicPartition[]): Promise<PartitionNote[]>;
  /** Returns the ids of all members of the group. */
  liveMembers(): Promise<ReadonlySet<string>>;
  /**
   * Returns the committed positions; negative where nothing is committed. Only present on a reader
   * that identifies topics by name alone, and therefore cannot detect a recreated topic in another
   * way.
   */
  committed?(partitions: readonly TopicPartition[]): Promise<PartitionBounds[]>;
  /** Returns the group's positions in all partitions of its topics, and the bounds of these. */
  positions(): Promise<readonly GroupPosition[]>;
  /** Returns the number of records after the group's position, over all partitions. */
  lag(): Promise<number>;
  /** Makes `run` reject, so that a new reader is created. */
  fail(error: Error): void;
  /** Leaves the group and releases all connections. */
  close(): Promise<void>;
}

export interface ReaderSettings {
  readonly group: string;
  readonly topics: readonly string[];
  readonly start: 'group' | 'new' | 'beginning';
  readonly sessionTimeoutMs: number;
  /** Ids of the topics as readers have seen them, shared by successive readers. */
  readonly topicIds: Map<string, string>;
  readonly warn: (text: string) => void;
}

/** Position of a group in a partition, with the bounds of the partition. */
export interface GroupPosition extends TopicPartition {
  /** Committed offset; negative where nothing is committed. */
  readonly committed: bigint;
  /** Offset of the first record. */
  readonly low: bigint;
  /** Offset after the last record. */
  readonly high: bigint;
}

/** Bounds at the time when the group was joined. */
export interface PartitionBounds extends GroupPosition {
  /** True if the topic was recreated since its records were last read. */
  readonly isOther: boolean;
}
