/**
 * Sends the statements of a batch to an LRS.
 *
 * An LRS refuses a whole request for one bad statement. The delivery then halves the batch until
 * the bad event is alone, so its neighbors are stored; here, the statements of a single event are
 * sent one by one. Statements that the LRS has already are no error: it answers 2xx to identical
 * ones.
 */
import { SendFailedException, type EventRejection } from '../delivery/destination';
import type { Endpoint } from './endpoint';
import { redactorOf } from './redact-values';
import type { Statement } from './statement';

interface Item {
  /** Indexes of the events in the batch. Two events can have the same statement. */
  readonly indexes: number[];
  readonly statement: Statement;
  readonly text: string;
}

export class LrsSender {
  constructor(
    private readonly endpoint: Endpoint,
    private readonly partialSuccess: boolean,
  ) {}

  /**
   * @param made the statements by the index of their event
   * @param events number of events in the batch
   * @throws SendFailedException if the result is the same for all events
   */
  async send(
    made: ReadonlyMap<number, readonly Statement[]>,
    events: number,
    signal: AbortSignal,
  ): Promise<readonly EventRejection[]> {
    const refused = new Refusals();
    const items = distinct(made, refused);
    if (items.length === 0) return refused.list();
    try {
      addReported(items, await this.post(items, events === 1, signal), refused);
    } catch (error) {
      const isOneEvent = events === 1 && items.length > 1;
      if (!isOneEvent || !(error instanceof SendFailedException) || error.retryable) throw error;
      await this.sendSingly(items, signal, refused);
    }
    return refused.list();
  }

  /** Returns the report of an LRS that takes the valid statements; undefined if there is none. */
  private async post(items: readonly Item[], explains: boolean, signal: AbortSignal): Promise<Report | undefined> {
    const body = `[${items.map(({ text }) => text).join(',')}]`;
    const statements = items.map(({ statement }) => statement);
    const shown = statements.flatMap(({ id, verb }) => [id, verb.id, ...Object.values(verb.display ?? {})]);
    const redact = explains ? redactorOf(statements, shown) : undefined;
    if (!this.partialSuccess) {
      await this.endpoint.post({ body, redact }, signal);
      return undefined;
    }
    let refusal: Report | undefined;
    const onRefusal = (reply: string): void => {
      refusal = reportIn(reply);
    };
    try {
      return reportIn(await this.endpoint.post({ body, redact, onRefusal }, signal));
    } catch (error) {
      // Ralph answers 400 if it stored nothing, even if it has all valid statements already.
      const isFinal = error instanceof SendFailedException && !error.retryable;
      if (isFinal && refusal?.isComplete === true && refusal.errors.every(({ index }) => items[index] !== undefined))
        return refusal;
      throw error;
    }
  }

  /** Stores what the LRS takes of one event, and reports what it does not. */
  private async sendSingly(items: readonly Item[], signal: AbortSignal, refused: Refusals): Promise<void> {
    for (const [at, item] of items.entries()) {
      const reason = await this.refusalOf(item, signal);
      if (reason !== undefined) refused.add(item, `statement ${String(at + 1)} of ${String(items.length)}: ${reason}`);
    }
  }

  /** Sends one statement. Returns why the LRS refused it; undefined if it did not. */
  private async refusalOf(item: Item, signal: AbortSignal): Promise<string | undefined> {
    const refused = new Refusals();
    try {
      addReported([item], await this.post([item], true, signal), refused);
      return refused.list()[0]?.reason;
    } catch (error) {
      if (!(error instanceof SendFailedException) || error.retryable) throw error;
      return error.message;
    }
  }
}

/** @throws SendFailedException if the report is about the request as a whole */
function addReported(items: readonly Item[], report: Report | undefined, refused: Refusals): void {
  for (const { index, reason } of report?.errors ?? []) {
    const item = items[index];
    // For example over a conflict.
    if (item === undefined) throw SendFailedException.create({ reason: 'the LRS refused the batch', retryable: false });
    const redact = redactorOf(item.statement, [item.statement.id]);
    refused.add(item, redact(reason).slice(0, MAX_REASON));
  }
}

/** The events that the LRS refuses, each with the first reason. */
class Refusals {
  private readonly reasons = new Map<number, string>();

  add({ indexes }: Pick<Item, 'indexes'>, reason: string): void {
    for (const index of indexes) if (!this.reasons.has(index)) this.reasons.set(index, reason);
  }

  list(): EventRejection[] {
    return [...this.reasons].map(([index, reason]) => ({ index, reason, retryable: false }));
  }
}

const MAX_REASON = 200;

/**
 * All statements of a batch that can be written; rows of the application may make others. An LRS
 * refuses a request that has one statement twice.
 */
function distinct(made: ReadonlyMap<number, readonly Statement[]>, refused: Refusals): readonly Item[] {
  const items = new Map<string, Item>();
  for (const [index, statements] of made) {
    for (const statement of statements) {
      const text = jsonOf(statement);
      if (text === undefined) {
        refused.add({ indexes: [index] }, 'its statement cannot be written as JSON');
        continue;
      }
      const known = items.get(text);
      if (known === undefined) items.set(text, { indexes: [index], statement, text });
      else known.indexes.push(index);
    }
  }
  return [...items.values()];
}

function jsonOf(statement: Statement): string | undefined {
  try {
    return JSON.stringify(statement);
  } catch {
    return undefined; // a BigInt, a cycle, or a toJSON that throws
  }
}

/** What an LRS reports about a request of which it takes the valid statements. */
interface Report {
  /** True if it counts what it stored and refused, and names each statement that it refused. */
  readonly isComplete: boolean;
  readonly errors: readonly { readonly index: number; readonly reason: string }[];
}

function reportIn(reply: string): Report | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(reply);
  } catch {
    return undefined;
  }
  const { inserted, rejected, errors } = (parsed ?? {}) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(errors)) return undefined;
  return {
    isComplete: typeof inserted === 'number' && rejected === errors.length,
    errors: (errors as readonly Record<string, unknown>[]).map(({ index, reason }) => ({
      index: typeof index === 'number' ? index : -1,
      reason: typeof reason === 'string' ? reason : 'refused by the LRS',
    })),
  };
}
