import type { Outcome } from '../api';
import type { LiveRow } from '../live/watcher';
import type { ChangedOutcomes, RowsText } from './shared-messages';

/** Limits of one message: four of them are sent each second. */
const MAX_ROWS = 100;
const MAX_LENGTH = 256_000;
/** Characters of the longest event that is sent with its row; filters of values need it. */
const MAX_EVENT_LENGTH = 8_000;
/** Number of events whose later outcomes are sent. */
const MAX_SENT = 1000;

/** Collects the rows and outcomes of this process that others get with the next message. */
export class Outbox {
  private rows: string[] = [];
  private length = 0;
  private of = 0;
  private readonly sent = new Set<string>();
  private readonly outcomes = new Map<string, readonly Outcome[]>();

  /** Takes a new event. Of more events than fit, the newest are sent, and the others counted. */
  add(live: LiveRow): void {
    this.of++;
    const text = rowText(live);
    this.rows.push(text);
    this.length += text.length;
    this.sent.add(live.row.id);
    if (this.sent.size > MAX_SENT) deleteOldest(this.sent);
    while (this.rows.length > MAX_ROWS || (this.length > MAX_LENGTH && this.rows.length > 1))
      this.length -= this.rows.shift()?.length ?? 0;
  }

  /** Takes the new outcomes of an event whose row was sent. */
  change({ row: { id, outcomes } }: LiveRow): void {
    if (this.sent.has(id)) this.outcomes.set(id, outcomes);
  }

  /** Returns what was collected, and forgets it. */
  take(): Pick<RowsText, 'rows' | 'of' | 'outcomes'> {
    const { rows, of } = this;
    const outcomes = this.takeOutcomes(MAX_LENGTH);
    this.rows = [];
    this.length = 0;
    this.of = 0;
    return { rows, of, outcomes };
  }

  /** Forgets everything, because nobody watches. */
  clear(): void {
    this.take();
    this.outcomes.clear();
    this.sent.clear();
  }

  /** Outcomes beyond the limit wait for the next message; `sent` bounds their number. */
  private takeOutcomes(maxLength: number): ChangedOutcomes[] {
    const taken: ChangedOutcomes[] = [];
    let length = 0;
    for (const [id, outcomes] of this.outcomes) {
      length += JSON.stringify(outcomes).length + id.length;
      if (length > maxLength && taken.length > 0) break;
      taken.push({ id, outcomes });
      this.outcomes.delete(id);
    }
    return taken;
  }
}

/** Row as it is sent, with its event if that is not too long. */
function rowText({ row, subject }: LiveRow): string {
  const event = row.bytes > MAX_EVENT_LENGTH ? undefined : JSON.stringify(subject.event);
  const head = `{"row":${JSON.stringify(row)}`;
  return event === undefined || event.length > MAX_EVENT_LENGTH ? `${head}}` : `${head},"event":${event}}`;
}

function deleteOldest(ids: Set<string>): void {
  const [oldest] = ids;
  if (oldest !== undefined) ids.delete(oldest);
}
