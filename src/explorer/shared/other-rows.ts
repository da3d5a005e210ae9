import type { EventJson, Outcome } from '../api';
import type { FilterSubject } from '../filter-subject';
import type { LiveRow } from '../live/watcher';
import type { SharedRow } from './shared-messages';

/** Row of another process, with the origin of that process. */
export interface OtherRow extends LiveRow {
  readonly origin: string;
}

interface Kept {
  readonly live: OtherRow;
  readonly event: EventJson;
  readonly weight: number;
}

/** Remembers the newest rows of all other processes, bounded by count and by bytes. */
export class OtherRows {
  private readonly rows = new Map<string, Kept>();
  private bytes = 0;
  private evictedCount = 0;

  constructor(private readonly limits: { readonly maxEvents: number; readonly maxBytes: number }) {}

  get evicted(): number {
    return this.evictedCount;
  }

  /** @returns undefined if the row is known already */
  add(shared: SharedRow, origin: string): OtherRow | undefined {
    const { row } = shared;
    if (this.rows.has(row.id)) return undefined;
    const event = shared.event ?? { id: row.id, name: row.name, timestamp: row.time, context: {}, data: {} };
    return this.keep({ row, subject: subjectOf(row, event), origin }, event);
  }

  /** @returns the row with its new outcomes; undefined if it is not remembered */
  change(id: string, outcomes: readonly Outcome[]): OtherRow | undefined {
    const kept = this.rows.get(id);
    if (kept === undefined) return undefined;
    const row = { ...kept.live.row, outcomes };
    const live = { ...kept.live, row, subject: subjectOf(row, kept.event) };
    // A key that is set again keeps its place.
    this.rows.set(id, { ...kept, live });
    return live;
  }

  find(id: string): OtherRow | undefined {
    return this.rows.get(id)?.live;
  }

  /** Returns the rows of a tracker, by time, newest first. */
  newestFirst(tracker: string): OtherRow[] {
    const rows = [...this.rows.values()].flatMap(({ live }) => (live.row.tracker === tracker ? live : []));
    return rows.reverse().sort(byTime);
  }

  /** Number of rows of a tracker that are remembered. */
  count(tracker: string): number {
    let count = 0;
    for (const { live } of this.rows.values()) if (live.row.tracker === tracker) count++;
    return count;
  }

  clear(): void {
    this.rows.clear();
    this.bytes = 0;
  }

  private keep(live: OtherRow, event: EventJson): OtherRow {
    const { maxEvents, maxBytes } = this.limits;
    const weight = 1000 + 2 * JSON.stringify(event).length;
    this.rows.set(live.row.id, { live, event, weight });
    this.bytes += weight;
    while (this.rows.size > maxEvents || (this.bytes > maxBytes && this.rows.size > 1)) this.evictOldest();
    return live;
  }

  private evictOldest(): void {
    const [oldest] = this.rows;
    if (oldest === undefined) return;
    this.rows.delete(oldest[0]);
    this.bytes -= oldest[1].weight;
    this.evictedCount++;
  }
}

/** Merges rows that are each sorted by time, newest first. */
export function* mergeByTime(one: Iterable<LiveRow>, other: readonly LiveRow[]): Generator<LiveRow> {
  let at = 0;
  for (const live of one) {
    for (let next = other[at]; next !== undefined && next.row.time > live.row.time; next = other[++at]) yield next;
    yield live;
  }
  yield* other.slice(at);
}

function byTime({ row: one }: LiveRow, { row: other }: LiveRow): number {
  return one.time < other.time ? 1 : one.time > other.time ? -1 : 0;
}

function subjectOf(row: LiveRow['row'], event: EventJson): FilterSubject {
  const { id, name, process, actor, bytes, violations, outcomes } = row;
  return { id, name, process, actor, bytes, violations, outcomes, event };
}
