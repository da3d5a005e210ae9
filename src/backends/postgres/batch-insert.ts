import type { EventRejection } from '../../delivery/destination';
import type { SqlClient } from '../../sql/sql-client';
import { textFault, type EventRow } from './event-rows';
import { refusalOf } from './send-errors';

/**
 * Inserts one batch. PostgreSQL refuses a whole statement for one row without naming it, so a
 * refused batch is halved until each refused row is alone.
 */
export class BatchInsert {
  readonly rejections: EventRejection[] = [];
  /** Number of events that the table already had. */
  duplicates = 0;

  constructor(
    private readonly client: SqlClient,
    private readonly sql: string,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Inserts the rows, and updates `rejections` and `duplicates`. Errors of the client are thrown
   * unchanged.
   */
  async insert(rows: readonly EventRow[]): Promise<void> {
    if (rows.length === 0) return;
    this.signal.throwIfAborted();
    const text = textOf(rows);
    const isStorable = textFault(text) === undefined;
    const taken = isStorable ? rows : this.storable(rows);
    if (taken.length === 0) return;
    try {
      const [result] = await this.client.query(this.sql, [isStorable ? text : textOf(taken)]);
      this.duplicates += taken.length - Number(result?.['stored'] ?? taken.length);
    } catch (error) {
      const reason = refusalOf(error);
      if (reason === undefined) throw error;
      await this.divide(taken, reason);
    }
  }

  /** Returns the rows that jsonb takes, and rejects the others. */
  private storable(rows: readonly EventRow[]): EventRow[] {
    return rows.filter(({ index, text }) => {
      const reason = textFault(text);
      if (reason !== undefined) this.rejections.push({ index, reason, retryable: false });
      return reason === undefined;
    });
  }

  private async divide(rows: readonly EventRow[], reason: string): Promise<void> {
    const [first] = rows;
    if (rows.length === 1 && first !== undefined) {
      this.rejections.push({ index: first.index, reason, retryable: false });
      return;
    }
    const middle = Math.ceil(rows.length / 2);
    await this.insert(rows.slice(0, middle));
    await this.insert(rows.slice(middle));
  }
}

/** Joins at least one row with its brackets: adding them later would copy the whole text again. */
function textOf(rows: readonly EventRow[]): string {
  const last = rows.length - 1;
  return rows.map(({ text }, at) => `${at === 0 ? '[' : ''}${text}${at === last ? ']' : ''}`).join(',');
}
