/** What reading asks of a client of Kafka, and no more. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface KafkaRecord extends TopicPartition {
  readonly offset: bigint;
  /** null: a tombstone. */
  readonly value: Buffer | null;
  /** Only made into a text when it is asked for: records have ten headers, of which two are read. */
  header(name: 'ce_id' | 'ce_type'): string | undefined;
}

export interface PartitionOffset extends TopicPartition {
  /** Of the next record to be read. */
  readonly offset: bigint;
}

/** What a reader gives its records to. */
export interface KafkaListener {
  /** From now on these partitions are this member's, and no others; what follows is read from where the group stands. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** How many records may be given at once now. */
  room(): number;
  /** Resolves when there is some. */
  whenRoom(): Promise<void>;
  /** At most `room()`, in order within each partition. */
  read(records: readonly KafkaRecord[]): void;
}

/** One membership in a group, from the joining to the leaving. */
export interface KafkaReader {
  /** Joins the group and reads. Resolves when it has been stopped; rejects when it cannot go on. Called once. */
  run(listener: KafkaListener): Promise<void>;
  /** Reads no more, and stays in the group: what is under way can still be committed. */
  stop(): void;
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /** Records behind the position of the group, in all partitions. */
  lag(): Promise<number>;
  /** Leaves the group, and lets go of all. */
  close(): Promise<void>;
}

export interface ReaderSettings {
  readonly group: string;
  readonly topics: readonly string[];
  readonly start: 'group' | 'new' | 'beginning';
  readonly sessionTimeoutMs: number;
  readonly warn: (text: string) => void;
}
