import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../../common/within';
import { whenSo } from '../when-so';
import { noteOf, textOfNote, type CrashNote } from './crash-note';
import { keyOf, type KafkaReader, type KafkaRecord, type TopicPartition } from './kafka-reader';
import { SuspectPartition } from './suspect-partition';

/** Limit of records that are held back at once. */
const MAX_HELD = 100;
const RETRY_MS = 200;
const ATTEMPTS = 5;
/**
 * Milliseconds to wait for an entry. After that, for example because a destination is down, the
 * next entries are given anyway.
 */
const SUSPECT_MS = 60_000;

/** Functions of the consumer that the guard needs. */
export interface GuardParts {
  readonly maxInFlight: number;
  readonly maxDeliveries: number;
  readonly isEnding: () => boolean;
  readonly reader: () => KafkaReader | undefined;
  readonly inFlight: () => number;
  /** Returns the position that the group may have; undefined before anything was read. */
  readonly position: (at: TopicPartition) => bigint | undefined;
  /** Passes records to the tracker. Resolves when each is finished. */
  readonly give: (records: readonly KafkaRecord[]) => Promise<void>;
  readonly bury: (record: KafkaRecord, reason: string) => void;
  /** Called with a position that was committed together with a note. */
  readonly onNoted: (at: TopicPartition, offset: bigint) => void;
  /** Resolves when no commit is in progress. */
  readonly whenCommitted: () => Promise<unknown>;
  readonly onRoom: () => void;
}

/**
 * Finds the entry with which processes of a group crash.
 *
 * Before the first entries of a partition are given out, a note is written next to the group's
 * position. It is cleared when the position moves, and at an orderly end. A note left by a process
 * that is gone means that it crashed before it got any further. In this case entries are given out
 * in small windows, each with its own note and nothing else in flight. A window that ends in a
 * crash is divided, until an entry has crashed a process alone. After `maxDeliveries` crashes that
 * entry becomes a dead letter.
 *
 * States of an assignment:
 * - Preparing: begins with `begin` and ends when `prepare` has read the notes. Nothing may be read.
 * - Guarding: while a partition is suspect or has no note yet. Records are held and given out in
 *   windows.
 * - Open: begins when each partition has its note and none is suspect. Records pass through; `room`
 *   is undefined.
 */
export class CrashGuard {
  private readonly life = randomUUID().slice(0, 8);
  private readonly suspects = new Map<string, SuspectPartition>();
  /** Keys of partitions that have caused no crash and have no note yet. */
  private readonly unmarked = new Set<string>();
  /** Notes as they were written, with their positions. */
  private readonly notes = new Map<string, { readonly at: TopicPartition; readonly offset: bigint }>();
  private held: KafkaRecord[] = [];
  private windowKey: string | undefined;
  private assignment = 0;
  private isPreparing = false;
  private isGiving = false;

  constructor(private readonly parts: GuardParts) {}

  /** Number of records that may be read now; undefined if nothing needs to be isolated. */
  get room(): number | undefined {
    if (this.isPreparing || this.isGiving) return 0;
    return this.suspects.size > 0 || this.unmarked.size > 0 ? MAX_HELD : undefined;
  }

  /** True while the note of the partition must not change. */
  isInWindow(at: TopicPartition): boolean {
    return this.windowKey === keyOf(at);
  }

  /** Discards the previous assignment. Nothing may be read until `prepare` has resolved. */
  begin(): void {
    this.assignment++;
    this.held = [];
    this.windowKey = undefined;
    this.isPreparing = true;
    this.isGiving = false;
    for (const each of [this.suspects, this.unmarked, this.notes]) each.clear();
  }

  /** Reads the notes of other members. Never rejects: without notes nothing is isolated. */
  async prepare(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment } = this;
    for (let attempt = 1; attempt <= ATTEMPTS && this.isCurrent(assignment); attempt++) {
      try {
        await this.readNotes(partitions, assignment);
        break;
      } catch {
        await wait(RETRY_MS, undefined, { ref: false });
      }
    }
    if (assignment !== this.assignment) return;
    this.isPreparing = false;
    this.parts.onRoom();
  }

  /**
   * Takes over records that must be isolated.
   * @returns false if the records can be given out at once
   */
  take(records: readonly KafkaRecord[]): boolean {
    if (this.room === undefined) return false;
    this.held.push(...records);
    if (!this.isGiving) void this.giveHeld(this.assignment);
    return true;
  }

  /**
   * Clears the notes that are left, so that the next process does not take this end for a crash. A
   * note is left if its position has not moved, because moving it clears the note. Call it at an
   * orderly end, after the last commit.
   */
  async end(): Promise<void> {
    const { parts } = this;
    const left = [...this.notes.values()].filter(({ at, offset }) => (parts.position(at) ?? offset) === offset);
    this.notes.clear();
    if (left.length > 0) await parts.reader()?.commit(left.map(({ at, offset }) => ({ ...at, offset })));
  }

  private async readNotes(partitions: readonly TopicPartition[], assignment: number): Promise<void> {
    const reader = this.parts.reader();
    if (reader === undefined || partitions.length === 0) return;
    const found = (await reader.notes(partitions)).map(({ topic, partition, offset, note }) => ({
      ...{ at: { topic, partition }, offset, note: noteOf(note) },
    }));
    const others = found.some(({ note }) => note !== undefined && note.life !== this.life);
    const members = others ? await reader.liveMembers() : new Set<string>();
    if (assignment !== this.assignment) return;
    for (const { at, offset, note } of found) {
      const isAlive = note !== undefined && (note.life === this.life || members.has(note.member));
      const deaths = note === undefined ? 0 : note.lives - (isAlive ? 1 : 0);
      if (deaths > 0)
        this.suspects.set(keyOf(at), new SuspectPartition(at, offset, note ?? {}, deaths, this.parts.maxInFlight));
      else this.unmarked.add(keyOf(at));
    }
  }

  private async giveHeld(assignment: number): Promise<void> {
    this.isGiving = true;
    while (this.held.length > 0 && this.isCurrent(assignment)) {
      const window = this.nextWindow();
      await this.giveWindow(window, assignment);
      if (assignment !== this.assignment) return;
      this.windowKey = undefined;
      this.held.splice(0, window.length);
    }
    if (assignment !== this.assignment) return;
    this.isGiving = false;
    this.parts.onRoom();
  }

  /**
   * Returns the first held records of one partition, at most as many as may be given out together.
   */
  private nextWindow(): KafkaRecord[] {
    const [first] = this.held as [KafkaRecord, ...KafkaRecord[]];
    const key = keyOf(first);
    const size = this.suspects.get(key)?.sizeAt(first.offset) ?? MAX_HELD;
    const end = this.held.findIndex((record, index) => index >= size || keyOf(record) !== key);
    return end < 0 ? [...this.held] : this.held.slice(0, end);
  }

  private async giveWindow(window: readonly KafkaRecord[], assignment: number): Promise<void> {
    const { parts, suspects } = this;
    const [first] = window as [KafkaRecord, ...KafkaRecord[]];
    const key = keyOf(first);
    const suspect = suspects.get(key);
    if (suspect === undefined) {
      if (this.unmarked.has(key)) await this.write(first, { lives: 1 }, assignment);
      if (!this.isCurrent(assignment)) return;
      this.unmarked.delete(key);
      const given = parts.give(window);
      if (suspects.size > 0) await this.whenDone(given);
      return;
    }
    // Waits for earlier entries that are still in flight.
    await whenSo(() => parts.inFlight() === 0, parts.isEnding, SUSPECT_MS);
    if (suspect.isPoison(first.offset, parts.maxDeliveries)) {
      parts.bury(first, `given-up: it was given to consumers ${String(suspect.deaths)} times, and never finished`);
      suspect.buried();
    } else {
      const note = { lives: suspect.deaths + 1, from: first.offset, count: window.length };
      await this.write(first, note, assignment);
      if (!this.isCurrent(assignment)) return;
      await this.whenDone(parts.give(window));
    }
    if (suspect.passed(window.at(-1)?.offset ?? first.offset)) suspects.delete(key);
  }

  /** Writes the note of a partition, which must exist before any entry is given out. */
  private async write(
    record: KafkaRecord,
    note: Pick<CrashNote, 'lives' | 'from' | 'count'>,
    assignment: number,
  ): Promise<void> {
    const { topic, partition } = record;
    const at = { topic, partition };
    const { life, parts } = this;
    this.windowKey = keyOf(at);
    while (this.isCurrent(assignment)) {
      const reader = parts.reader();
      const offset = parts.position(at) ?? record.offset;
      try {
        await parts.whenCommitted(); // a commit without a note would clear this one
        if (reader === undefined || !this.isCurrent(assignment)) return;
        const text = textOfNote({ ...note, life, member: reader.memberId ?? '' });
        await reader.commit([{ ...at, offset, note: text }]);
        this.notes.set(keyOf(at), { at, offset });
        parts.onNoted(at, offset);
        return;
      } catch {
        await wait(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  private async whenDone(given: Promise<void>): Promise<void> {
    await within({ timeoutMs: SUSPECT_MS, keepsAlive: false }, given, () => undefined);
  }

  private isCurrent(assignment: number): boolean {
    return assignment === this.assignment && !this.parts.isEnding();
  }
}
