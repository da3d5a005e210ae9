import type { EventPage, EventRow, FilterError, Outcome, SharedState, StreamMessage } from '../../api';
import { ApiFailure, getJson } from '../lib/api-client';
import { EventStream } from '../lib/event-stream';
import { everyFrame } from '../lib/frames';
import { Store } from './store';

/** Most rows that the page keeps; older ones are loaded again when they are scrolled to. */
const MAX_ROWS = 2_000;
const PAGE_ROWS = 500;
/** Messages over which "1 of n shown" is computed. */
const SAMPLE_WINDOW = 20;

export interface FeedState {
  /** Newest first. */
  readonly rows: readonly EventRow[];
  readonly isPaused: boolean;
  /** Number of events that arrived since the pause. */
  readonly waiting: number;
  readonly connection: 'connecting' | 'live' | 'retrying' | 'stopped';
  /** Time of the next attempt, in epoch milliseconds. */
  readonly retryAt: number | undefined;
  readonly failure: ApiFailure | undefined;
  readonly filterError: FilterError | undefined;
  readonly isLoaded: boolean;
  readonly hasOlder: boolean;
  /** One of this many events is shown; 1 without sampling. */
  readonly oneOf: number;
  readonly perSecond: number;
  readonly watchers: number;
  readonly kept: number;
  readonly deadLetters: number;
  readonly violations: number;
  /** Processes whose events are merged; undefined without a shared channel. */
  readonly shared: SharedState | undefined;
}

const EMPTY: FeedState = {
  ...{ rows: [], isPaused: false, waiting: 0, connection: 'connecting', retryAt: undefined, failure: undefined },
  ...{ filterError: undefined, isLoaded: false, hasOlder: false, oneOf: 1 },
  ...{ perSecond: 0, watchers: 0, kept: 0, deadLetters: 0, violations: 0, shared: undefined },
};

/**
 * The rows of the list: those that the server keeps, then what the stream adds. Messages are
 * collected and shown at most once per frame, so the page stays usable at any rate.
 *
 * Paused: new rows wait, outcomes still reach the rows that are shown. Every connection loads the
 * list again and joins it by id, so nothing is missed between two connections.
 */
export class EventFeed {
  readonly state = new Store<FeedState>(EMPTY);
  #stream: EventStream | undefined;
  #filter = '';
  #tracker: string | undefined;
  #arrived: EventRow[] = [];
  #outcomes = new Map<string, readonly Outcome[]>();
  #hasGap = false;
  #loads = 0;
  #samples: { readonly shown: number; readonly of: number }[] = [];
  readonly #commit = everyFrame(() => {
    this.#show();
  });

  get isStarted(): boolean {
    return this.#stream !== undefined;
  }

  /** Starts, or starts again with another filter. Does nothing if it follows the same already. */
  start(filter: string, tracker: string | undefined): void {
    const isSame = filter === this.#filter && tracker === this.#tracker;
    if (this.#stream && isSame && this.state.get().connection !== 'stopped') return;
    this.stop();
    this.#filter = filter;
    this.#tracker = tracker;
    this.#arrived = [];
    this.#outcomes.clear();
    this.#samples = [];
    const { perSecond, watchers, kept, deadLetters, violations, shared } = this.state.get();
    this.state.set({ ...EMPTY, perSecond, watchers, kept, deadLetters, violations, shared });
    this.#stream = new EventStream(
      { filter, tracker },
      {
        message: (message) => {
          this.#receive(message);
        },
        retrying: (failure, inMs) => {
          this.#change({ connection: 'retrying', failure, retryAt: Date.now() + inMs });
        },
        stopped: (failure) => {
          this.#change({ connection: 'stopped', failure, retryAt: undefined });
        },
      },
    );
  }

  stop(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  retryNow(): void {
    if (this.state.get().connection === 'stopped') this.start(this.#filter, this.#tracker);
    else this.#stream?.retryNow();
  }

  setPaused(isPaused: boolean): void {
    this.#change({ isPaused, ...(!isPaused && { waiting: 0 }) });
    if (isPaused) return;
    this.#show();
    if (this.#hasGap) void this.#load();
  }

  async loadOlder(): Promise<void> {
    const last = this.state.get().rows.at(-1);
    if (last) await this.#load(last.id);
  }

  #receive(message: StreamMessage): void {
    switch (message.type) {
      case 'hello':
        this.#change({ connection: 'live', failure: undefined, retryAt: undefined, filterError: message.filterError });
        // While paused, nothing may be added to the list: what was missed is loaded at the end.
        if (this.state.get().isPaused) this.#hasGap = true;
        else void this.#load();
        break;
      case 'rows':
        this.#arrived = [...this.#arrived, ...message.rows].slice(-MAX_ROWS);
        this.#samples = [...this.#samples, { shown: message.rows.length, of: message.of }].slice(-SAMPLE_WINDOW);
        if (this.state.get().isPaused) this.#change({ waiting: this.state.get().waiting + message.of });
        else this.#commit();
        break;
      case 'outcomes':
        for (const { id, outcomes } of message.outcomes) this.#outcomes.set(id, outcomes);
        this.#commit();
        break;
      case 'rate': {
        const { type: _type, ...rate } = message;
        this.#change(rate);
        break;
      }
      case 'shared': {
        const { type: _type, ...shared } = message;
        this.#change({ shared });
        break;
      }
      default:
        message satisfies never;
    }
  }

  /** Loads the newest rows, or those before one of them, and joins them to the rows by id. */
  async #load(before?: string): Promise<void> {
    const stream = this.#stream;
    this.#hasGap = false;
    this.#loads += 1;
    try {
      const query = { filter: this.#filter, tracker: this.#tracker, limit: PAGE_ROWS, before };
      const page = await getJson<EventPage>('events', query);
      if (stream !== this.#stream) return;
      const { rows } = this.state.get();
      const loaded = new Set(page.rows.map(({ id }) => id));
      const others = rows.filter(({ id }) => !loaded.has(id));
      const firstOld = others.findIndex(({ time }) => time < (page.rows.at(-1)?.time ?? ''));
      const newer = before === undefined && firstOld >= 0 ? others.slice(0, firstOld) : others;
      const older = before === undefined && firstOld >= 0 ? others.slice(firstOld) : [];
      this.#change({
        rows: [...newer, ...page.rows, ...older].slice(0, before === undefined ? MAX_ROWS : Infinity),
        isLoaded: true,
        kept: page.kept,
        filterError: page.filterError,
        ...(older.length === 0 && { hasOlder: page.hasOlder }),
      });
      this.#commit();
    } catch (error) {
      if (stream === this.#stream && error instanceof ApiFailure) this.#change({ isLoaded: true, failure: error });
    } finally {
      this.#loads -= 1;
    }
  }

  #show(): void {
    const { isPaused, rows } = this.state.get();
    const changed = this.#outcomes;
    const settled = (row: EventRow): EventRow => {
      const outcomes = changed.get(row.id);
      return outcomes ? { ...row, outcomes } : row;
    };
    let next = changed.size > 0 ? rows.map(settled) : rows;
    let arrived = changed.size > 0 ? this.#arrived.map(settled) : this.#arrived;
    // Rows that are being loaded may be older than outcomes that have arrived since.
    if (this.#loads === 0) this.#outcomes = new Map();
    if (isPaused) this.#arrived = arrived;
    else {
      const known = new Set(rows.slice(0, PAGE_ROWS).map(({ id }) => id));
      arrived = arrived.filter(({ id }) => !known.has(id)).reverse();
      next = arrived.length > 0 ? [...arrived, ...next].slice(0, Math.max(MAX_ROWS, rows.length)) : next;
      this.#arrived = [];
    }
    const shown = this.#samples.reduce((sum, sample) => sum + sample.shown, 0);
    const of = this.#samples.reduce((sum, sample) => sum + sample.of, 0);
    this.#change({ rows: next, oneOf: shown > 0 ? Math.max(1, Math.round(of / shown)) : 1 });
  }

  #change(change: Partial<FeedState>): void {
    this.state.update((state) => ({ ...state, ...change }));
  }
}
