/**
 * What a delivery queue and a dead-letter box keep their records in. Records come out in the order of append, each leased at
 * most once at a time; a record is here until it is settled or dropped. Everything is synchronous and for one owner.
 * Two stores keep this contract: SegmentStore on disk, MemoryStore in memory; one suite tests both.
 */
export interface RecordStore {
  /** Records found by `open` that nobody had settled. */
  readonly recovered: number;
  /** What could not be read, so far. It grows when a lease meets a record that has become unreadable: `count` falls by as much. */
  readonly damage: StoreDamage;
  /** Records that are not settled, leased ones included. */
  readonly count: number;
  /** What the store takes up by its own count, settled records of a file that is still needed included; at most `maxBytes`. */
  readonly bytes: number;

  /**
   * Takes one record of at most 64 MiB; a text is kept as UTF-8.
   * @param flush true: it survives the death of the process when this returns; false: it is gathered with others.
   * @returns undefined if `maxBytes` leaves no room: nothing was taken
   * @throws RecordTooLargeException, StoreWriteException; nothing was taken
   */
  append(payload: string | Buffer, flush: boolean): RecordRef | undefined;
  /**
   * Takes records that are older than all that are here, and leases them to the caller at once.
   * @returns the refs of those that were taken, from the first on; fewer than given if `maxBytes` leaves no room for more
   * @throws StoreWriteException if none could be written
   */
  prepend(payloads: readonly string[]): RecordRef[];
  /**
   * Writes what is gathered, and makes sure that what was written can be found by another process.
   * @throws StoreWriteException; all of it is still here, and the next flush tries again
   */
  flush(): void;
  /**
   * The next records that are neither settled nor leased, in order of append: up to `maxRecords` of together `maxBytes` of
   * payload, but the first whatever its size.
   * @throws StoreReadException if a file cannot be opened or read for now; nothing was leased
   */
  lease(maxRecords: number, maxBytes: number): StoredRecord[];
  /**
   * Leased records go back to where they were. Others are left alone.
   * @returns the refs of those that are not here any more, since their file was removed: the caller has the only copy
   */
  release(refs: readonly RecordRef[]): RecordRef[];
  /** These are done, leased or not. Never throws: a mark that cannot be written is tried again later. Unknown refs are left alone. */
  settle(refs: readonly RecordRef[]): void;
  /**
   * Drops the oldest records that are not leased, until there is room for a record of `minBytes` more; more of them than that
   * needs, since a file gives its space back by the piece. @returns how many; fewer bytes only if what is left is leased.
   */
  dropOldest(minBytes: number): number;
  /**
   * Looks whether the files are still where they were made, puts back what is still held open of those that are not, and
   * counts what is lost as `damage.removed`. To be called about once a second.
   * @returns whether anything was missing
   * @throws StoreWriteException if the place cannot be used for now
   */
  check(): boolean;
  /** Tries whether a record of so many bytes could be written now. @throws StoreWriteException if not */
  probe(bytes: number): void;
  /**
   * Writes what is gathered and gives up every descriptor. A second call does nothing.
   * @throws StoreWriteException if records could not be written: they are lost, and its `records` says how many.
   */
  close(): void;
}

/** Names one record of one store; a store never gives the same name twice. */
export interface RecordRef {
  readonly segment: number;
  readonly index: number;
}

export interface StoredRecord {
  readonly ref: RecordRef;
  readonly payload: Buffer;
}

export interface StoreDamage {
  /** At least so many records were lost: nobody can count what stood where nothing is readable. */
  readonly records: number;
  readonly bytes: number;
  /** Records whose file was removed while the store used it. */
  readonly removed: number;
  /** Names of the files in which something was unreadable. */
  readonly files: readonly string[];
}

export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;
