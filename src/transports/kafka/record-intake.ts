import { Waiters } from '../../common/waiters';
import type { ConsumerSink, ConsumedMessage } from '../../intake/event-consumer';
import type { TrackingLogDecoder } from '../bus/avro';
import type { GroupProgress } from './group-progress';
import type { KafkaRecord } from './kafka-reader';
import type { OpenOffset, PartitionProgress } from './partition-progress';
import { RecordEntry } from './record-entry';

/**
 * Limit of records handed over in one turn of the event loop. Other work then waits only briefly,
 * and most records finish before the next turn.
 */
const MAX_PER_TURN = 100;
/**
 * Multiplied by `maxInFlight`: limit of the records from the first unfinished one on, including
 * finished ones that cannot be committed yet.
 */
const SPAN_FACTOR = 10;

/** Functions and limits that RecordIntake gets from the consumer. */
export interface RecordIntakeParts {
  readonly maxInFlight: number;
  readonly decoder: TrackingLogDecoder;
  readonly progress: Pick<GroupProgress, 'of' | 'span'>;
  /** Returns undefined before the consumer has started. */
  readonly intake: () => ConsumerSink | undefined;
  /** Returns the number of records that the crash guard allows; undefined for no limit. */
  readonly guardRoom: () => number | undefined;
  readonly isEnding: () => boolean;
  /** Called when a record is finished. */
  readonly onDone: () => void;
}

/** Passes records to the tracker, and limits how many are passed at once and are unfinished. */
export class RecordIntake {
  private unfinished = 0;
  private takenThisTurn = 0;
  private readonly waiters = new Waiters();

  constructor(private readonly parts: RecordIntakeParts) {}

  /** Number of records passed on that are not finished. */
  get inFlight(): number {
    return this.unfinished;
  }

  /** Returns the number of records that may be passed on now. */
  room(): number {
    const { maxInFlight, progress, guardRoom } = this.parts;
    const span = maxInFlight * SPAN_FACTOR - progress.span;
    return Math.min(
      MAX_PER_TURN - this.takenThisTurn,
      maxInFlight - this.unfinished,
      span,
      guardRoom() ?? MAX_PER_TURN,
    );
  }

  /** Resolves when `room()` is positive, or at the end. */
  whenRoom(): Promise<void> {
    return this.parts.isEnding() || this.room() > 0 ? Promise.resolve() : this.waiters.wait();
  }

  /** Call when `room()` may have become positive, and at the end. */
  answerRoom(): void {
    if (this.waiters.size > 0 && (this.parts.isEnding() || this.room() > 0)) this.waiters.release();
  }

  /**
   * Passes records on. Resolves when each is finished or can no longer finish before the end. Never
   * rejects.
   */
  async give(records: readonly KafkaRecord[]): Promise<void> {
    const { progress, decoder, intake: current, onDone } = this.parts;
    const intake = current();
    if (intake === undefined) return;
    const taken: { readonly done: PartitionProgress; readonly open: OpenOffset }[] = [];
    const entries: ConsumedMessage[] = [];
    for (const record of records) {
      const done = progress.of(record);
      if (done === undefined) continue;
      taken.push({ done, open: done.take(record.offset) });
      entries.push(new RecordEntry(record, decoder));
    }
    if (entries.length === 0) return;
    this.unfinished += entries.length;
    const given = intake.take(entries, (index) => {
      this.unfinished--;
      const entry = taken[index];
      entry?.done.settle(entry.open);
      onDone();
      this.answerRoom();
    });
    this.endTurn(entries.length);
    await given;
  }

  /** Makes a dead letter of a record, which then counts as finished. */
  bury(record: KafkaRecord, reason: string): void {
    const { progress, decoder, intake, onDone } = this.parts;
    const done = progress.of(record);
    const open = done?.take(record.offset);
    intake()?.bury(new RecordEntry(record, decoder), reason);
    if (open !== undefined) done?.settle(open);
    onDone();
  }

  /**
   * Frees the limit of this turn after the work started by the entries has run, so that their
   * delivery gets its turn first.
   */
  private endTurn(taken: number): void {
    if (this.takenThisTurn === 0)
      setImmediate(() => {
        this.takenThisTurn = 0;
        this.answerRoom();
      });
    this.takenThisTurn += taken;
  }
}
