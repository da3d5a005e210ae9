import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { whenSo } from '../when-so';
import { noteOf, textOfNote, type CrashNote } from './crash-note';
import { keyOf, type KafkaReader, type KafkaRecord, type TopicPartition } from './kafka-reader';
import { SuspectPartition } from './suspect-partition';

/** Records that are held until it is their turn. */
const MAX_HELD = 100;
const RETRY_MS = 200;
const ATTEMPTS = 5;
/** An entry that is not done by then, since a destination is down say, holds up the next no longer. */
const SUSPECT_MS = 60_000;

/** What isolating asks of the consumer. */
export interface GuardParts {
  readonly maxInFlight: number;
  readonly maxDeliveries: number;
  readonly isEnding: () => boolean;
  readonly reader: () => KafkaReader | undefined;
  readonly inFlight: () => number;
  /** Where the group may stand; undefined before anything was read. */
  readonly position: (at: TopicPartition) => bigint | undefined;
  /** Gives records to the tracker. Resolves when each is done. */
  readonly give: (records: readonly KafkaRecord[]) => Promise<void>;
  readonly bury: (record: KafkaRecord, reason: string) => void;
  /** Called with a position that was committed with a note. */
  readonly onNoted: (at: TopicPartition, offset: bigint) => void;
  /** Resolves when no position is being committed. */
  readonly whenCommitted: () => Promise<unknown>;
  readonly onRoom: () => void;
}

/**
 * Finds the entry with which processes of a group die.
 *
 * Before the first entries of a partition are given, a note is written next to the position of the group. It is cleared when the
 * position moves, and at an orderly end. A note of a process that is gone means that it died without getting any further: then
 * entries are given in small windows, each with a note and with nothing else in flight. A window with which a process dies is
 * divided, until an entry has died alone; from `maxDeliveries` deaths on it is a dead letter.
 */
export class CrashGuard {
  private readonly life = randomUUID().slice(0, 8);
  private readonly suspects = new Map<string, SuspectPartition>();
  /** Partitions that nothing died of and for which no note was written yet. */
  private readonly unmarked = new Set<string>();
  /** Notes as they were written, with the positions. */
  private readonly notes = new Map<string, { readonly at: TopicPartition; readonly offset: bigint }>();
  private held: KafkaRecord[] = [];
  private windowKey: string | undefined;
  private assignment = 0;
  private isPreparing = false;
  private isGiving = false;

  constructor(private readonly parts: GuardParts) {}

  /** How many records may be read now; undefined where nothing is to be isolated. */
  get room(): number | undefined {
    if (this.isPreparing || this.isGiving) return 0;
    return this.suspects.size > 0 || this.unmarked.size > 0 ? MAX_HELD : undefined;
  }

  /** True while the note of a partition must stay as it is. */
  isInWindow(at: TopicPartition): boolean {
    return this.windowKey === keyOf(at);
  }

  /** Forgets the assignment before. Nothing may be read until `prepare` has resolved. */
  begin(): void {
    this.assignment++;
    this.held = [];
    this.windowKey = undefined;
    this.isPreparing = true;
    this.isGiving = false;
    for (const each of [this.suspects, this.unmarked, this.notes]) each.clear();
  }

  /** Reads what other members have noted. Never rejects: without notes nothing is isolated. */
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

  /** @returns false for records that can be given at once */
  take(records: readonly KafkaRecord[]): boolean {
    if (this.room === undefined) return false;
    this.held.push(...records);
    if (!this.isGiving) void this.giveHeld(this.assignment);
    return true;
  }

  /** Clears the notes of partitions whose position did not move. For an orderly end, after the last commit. */
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

  /** The first records that are held, of one partition, and no more than may be given together. */
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
    await whenSo(() => parts.inFlight() === 0, parts.isEnding, SUSPECT_MS); // what is still in flight from before
    if (suspect.isPoison(first.offset, parts.maxDeliveries)) {
      parts.bury(first, `given-up: it was given to consumers ${String(suspect.deaths)} times, and never done`);
      suspect.buried();
    } else {
      const note = { lives: suspect.deaths + 1, from: first.offset, count: window.length };
      await this.write(first, note, assignment);
      if (!this.isCurrent(assignment)) return;
      await this.whenDone(parts.give(window));
    }
    if (suspect.passed(window.at(-1)?.offset ?? first.offset)) suspects.delete(key);
  }

  /** Nothing is given before its note is written. */
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
        await parts.whenCommitted(); // or that would clear the note
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
    const ending = new AbortController();
    const tooLong = wait(SUSPECT_MS, undefined, { ref: false, signal: ending.signal }).catch(() => undefined);
    await Promise.race([given, tooLong]);
    ending.abort();
  }

  private isCurrent(assignment: number): boolean {
    return assignment === this.assignment && !this.parts.isEnding();
  }
}
