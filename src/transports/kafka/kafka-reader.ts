/** What reading asks of a client of Kafka, and no more. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface KafkaRecord extends TopicPartition {
  readonly offset: bigint;
  /** null: a tombstone. */
  readonly value: Buffer | null;
  /** Epoch milliseconds, as the producer or the broker wrote it. */
  readonly timestamp: bigint;
  /** Only made into a text when it is asked for: records have ten headers, of which two are read. */
  header(name: 'ce_id' | 'ce_type'): string | undefined;
}

export interface PartitionOffset extends TopicPartition {
  /** Of the next record to be read. */
  readonly offset: bigint;
  /** Kept next to the position until it is committed again.  @default none */
  readonly note?: string | undefined;
}

/** The position of a group in a partition, and the note next to it. */
export type PartitionNote = PartitionOffset;

export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${String(partition)}`;
}

/** What a reader gives its records to. */
export interface KafkaListener {
  /** From now on these partitions are this member's, and no others; what follows is read from where the group stands. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** To be called after `assigned`, before the first record is given. Never rejects. */
  prepare(partitions: readonly TopicPartition[]): Promise<void>;
  /** How many records may be given at once now. */
  room(): number;
  /** Resolves when there is some. */
  whenRoom(): Promise<void>;
  /** Records before `to` were deleted before the group had read them. */
  missed(at: TopicPartition, from: bigint, to: bigint): void;
  /** The position of the group is not one of the partition as it is now: reading goes on at `to`, its beginning. */
  restarted(at: TopicPartition, from: bigint, to: bigint): void;
  /** At most `room()`, in order within each partition. */
  read(records: readonly KafkaRecord[]): void;
}

/** One membership in a group, from the joining to the leaving. */
export interface KafkaReader {
  /** Joins the group and reads. Resolves when it has been stopped; rejects when it cannot go on. Called once. */
  run(listener: KafkaListener): Promise<void>;
  /** Reads no more, and stays in the group: what is under way can still be committed. */
  stop(): void;
  /** The id of this member in the group; null while it is in none. */
  readonly memberId: string | null;
  /** Without a `note`, the one before is cleared. */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /** Where the group stands in each, or would begin, and the note next to it. */
  notes(partitions: readonly TopicPartition[]): Promise<PartitionNote[]>;
  /** Ids of all members of the group. */
  liveMembers(): Promise<ReadonlySet<string>>;
  /**
   * Where the group stands; negative where nothing is committed. Only of a reader that knows topics by their names alone, and
   * cannot tell one that was made again otherwise.
   */
  committed?(partitions: readonly TopicPartition[]): Promise<PartitionBounds[]>;
  /** Records behind the position of the group, in all partitions. */
  lag(): Promise<number>;
  /** Lets `run` reject: another reader is to begin. */
  fail(error: Error): void;
  /** Leaves the group, and lets go of all. */
  close(): Promise<void>;
}

export interface ReaderSettings {
  readonly group: string;
  readonly topics: readonly string[];
  readonly start: 'group' | 'new' | 'beginning';
  readonly sessionTimeoutMs: number;
  /** Ids of the topics as readers have seen them, kept from one reader to the next. */
  readonly topicIds: Map<string, string>;
  readonly warn: (text: string) => void;
}

/** Where the group stands in a partition, and what the partition has. */
export interface PartitionBounds extends TopicPartition {
  /** Negative where nothing is committed. */
  readonly committed: bigint;
  /** Offset of the first record. */
  readonly low: bigint;
  /** Offset after the last record. */
  readonly high: bigint;
  /** True if the topic was made anew since its records were last read. */
  readonly isOther: boolean;
}

/**
 * Reports positions at which reading cannot go on.
 * @returns those at which it goes on instead
 */
export function repairPositions(bounds: readonly PartitionBounds[], listener: KafkaListener): PartitionOffset[] {
  return bounds.flatMap(({ topic, partition, committed, low, high, isOther }) => {
    const at = { topic, partition };
    // Brokers forget the position with the topic, so one that is there was committed after the topic was made again.
    if (isOther) listener.restarted(at, committed < 0n ? 0n : committed, low);
    else if (committed > high) listener.restarted(at, committed, low);
    else if (committed >= 0n && committed < low) listener.missed(at, committed, low);
    else return [];
    return committed < 0n ? [] : [{ ...at, offset: low }];
  });
}
