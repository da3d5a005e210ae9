/**
 * Storage for the records of a delivery queue or a dead-letter box.
 *
 * Records are leased in the order in which they were appended; a record has at most one lease at a
 * time. A record stays in the store until it is settled or dropped. All methods are synchronous,
 * and a store has one owner. SegmentStore (on disk) and MemoryStore (in memory) implement this
 * contract, and one test suite covers both.
 */
export interface RecordStore {
  /** Number of unsettled records that `open` found. */
  readonly recovered: number;
  /**
   * Damage found so far. It grows when a lease finds a record that has become unreadable: `count`
   * decreases by the same number.
   */
  readonly damage: StoreDamage;
  /** Number of records that are not settled. Leased records are included. */
  readonly count: number;
  /**
   * Bytes that the store uses, as counted by the store. Settled records of a file that is still
   * needed are included. At most `maxBytes`.
   */
  readonly bytes: number;

  /**
   * Adds one record of at most 64 MiB. A string is stored as UTF-8.
   * @param flush true: the record survives the death of the process once this returns; false: it is
   * buffered and written with others
   * @returns undefined if `maxBytes` leaves no capacity: nothing was added
   * @throws RecordTooLargeException, StoreWriteException; nothing was added
   */
  append(payload: string | Buffer, flush: boolean): RecordRef | undefined;
  /**
   * Adds records that are older than all records in the store, and leases them to the caller at
   * once.
   * @returns the refs of the added records, starting from the first payload; fewer than given if
   * `maxBytes` leaves no capacity for more
   * @throws RecordTooLargeException, or StoreWriteException if no record could be written; nothing
   * was added
   */
  prepend(payloads: readonly string[]): RecordRef[];
  /**
   * Writes the buffered records, and makes sure that another process can find the written files.
   * @throws StoreWriteException: the buffered records are still in the store, and the next flush
   * tries again. If files were removed, their lost records are counted in `damage.removed`.
   */
  flush(): void;
  /**
   * Leases the next records that are neither settled nor leased, in the order in which they were
   * appended. Returns at most `maxRecords` with at most `maxBytes` of payload in total; the first
   * record is returned whatever its size.
   * @throws StoreReadException if a file cannot be opened or read for now; nothing was leased
   */
  lease(maxRecords: number, maxBytes: number): StoredRecord[];
  /**
   * Returns leased records to their position in the store. Refs that are not leased are ignored.
   * @returns the refs of records that are no longer in the store because their file was removed:
   * the caller has the only copy
   */
  release(refs: readonly RecordRef[]): RecordRef[];
  /**
   * Marks records as done, leased or not. Never throws: a mark that cannot be written is tried
   * again later. Unknown refs are ignored.
   */
  settle(refs: readonly RecordRef[]): void;
  /**
   * Drops the oldest records that are not leased, until `minBytes` and the overhead of a record are
   * freed. Does not check whether there was capacity, so call it after `append` has found none. A
   * store on disk drops all such records of a segment at once, which may be more than necessary.
   * @returns the number of dropped records. Less may be freed, if records are leased or the segment
   *   being written cannot be closed; so try `append` again.
   */
  dropOldest(minBytes: number): number;
  /**
   * Checks that the files are still at their paths, restores those that were removed but are still
   * open, and counts lost records in `damage.removed`. Call it about once a second.
   * @returns true if anything was missing
   * @throws StoreWriteException if the directory cannot be used for now
   */
  check(): boolean;
  /**
   * Tests whether a record of this many bytes could be written now.
   * @throws StoreWriteException if it could not
   */
  probe(bytes: number): void;
  /**
   * Writes the buffered records and closes every descriptor. A second call does nothing.
   * @throws StoreWriteException if records could not be written: they are lost, and its `records`
   * is their number
   */
  close(): void;
}

/**
 * Identifies one record of one store. A ref is never used for another record, so a ref of a
 * settled record is ignored wherever it is given.
 */
export interface RecordRef {
  readonly segment: number;
  readonly index: number;
}

export interface StoredRecord {
  readonly ref: RecordRef;
  readonly payload: Buffer;
}

export interface StoreDamage {
  /**
   * Minimum number of lost records. Where nothing is readable, the exact number cannot be
   * determined.
   */
  readonly records: number;
  readonly bytes: number;
  /** Records whose file was removed while the store used it. */
  readonly removed: number;
  /** Names of the files in which something was unreadable. */
  readonly files: readonly string[];
}

export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;
