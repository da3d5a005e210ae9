import type { INestApplicationContext } from '@nestjs/common';
import { MemoryBackend } from '../backends/memory/memory.backend';
import type { TrackingLedger } from '../ledger/tracking-ledger';
import type { IdentifiedEvent } from '../event/tracking-event';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { showInFull, showValue } from '../common/tracking-config.exception';
import { runtimeOf } from '../tracker/runtime-of';
import { getTrackerToken } from '../tracker/tokens';
import { TrackerService } from '../tracker/tracker.service';
import { fitsFilter, type EventFilter, type TrackedEvent } from './event-pattern';
import { UntrackedSourceException } from './untracked-source.exception';

/** Source of tracked events: an application, a testing module, a tracker, or a MemoryBackend. */
export type TrackingSource = INestApplicationContext | TrackerService | MemoryBackend | TrackedEvents;

export interface SourceOptions {
  /** Name of the tracker, if the application has several.  @default 'default' */
  readonly tracker?: string | undefined;
  /** Path of the MemoryBackend.  @default 'memory', else the only MemoryBackend */
  readonly backend?: string | undefined;
}

/** Path of the MemoryBackend in which TrackingTestingModule stores the events. */
export const MEMORY_PATH = 'memory';

/** Events of one MemoryBackend, read again on each access so that later events are included. */
export class TrackedEvents implements Iterable<IdentifiedEvent> {
  private constructor(
    private readonly memory: MemoryBackend | undefined,
    /** Ledger of the tracker; undefined if the source is a MemoryBackend. */
    readonly ledger: TrackingLedger | undefined,
  ) {}

  /**
   * @throws UntrackedSourceException if there is no MemoryBackend to read, or the choice is
   * ambiguous
   */
  static of(source: TrackingSource, options: SourceOptions = {}): TrackedEvents {
    if (source instanceof TrackedEvents) return source;
    if (source instanceof MemoryBackend) return new TrackedEvents(source, undefined);
    const tracker = source instanceof TrackerService ? source : trackerOf(source, options.tracker);
    return new TrackedEvents(memoryOf(tracker, options.backend), tracker.ledger);
  }

  /** True if tracking is disabled, so that no events are ever stored. */
  get isOff(): boolean {
    return this.memory === undefined;
  }

  /** Number of events evicted by newer ones, which are missing from the list. */
  get evicted(): number {
    return this.memory?.evicted ?? 0;
  }

  /** Returns copies, oldest first, typed by the type guard. */
  all<Event extends IdentifiedEvent>(filter: (event: IdentifiedEvent) => event is Event): Event[];
  /** Returns copies, oldest first. The caller asserts the types of data and context. */
  all<Data extends object = IdentifiedEvent['data'], Context extends object = IdentifiedEvent['context']>(
    filter?: EventFilter,
  ): TrackedEvent<Data, Context>[];
  all(filter?: EventFilter): IdentifiedEvent[] {
    return (this.memory?.events() ?? []).filter((event) => fitsFilter(filter, event));
  }

  [Symbol.iterator](): Iterator<IdentifiedEvent> {
    return this.all()[Symbol.iterator]();
  }

  /** Removes the events tracked so far. The counters of the ledger are not reset. */
  clear(): void {
    this.memory?.clear();
  }

  /** @internal For `waitForEvent`. @returns a function that removes the listener */
  watch(watcher: (event: IdentifiedEvent) => void): () => void {
    return this.memory?.watch(watcher) ?? (() => undefined);
  }
}

/** Returns the events tracked so far that pass the type guard, oldest first. */
export function events<Event extends IdentifiedEvent>(
  source: TrackingSource,
  filter: (event: IdentifiedEvent) => event is Event,
  options?: SourceOptions,
): Event[];
/**
 * Returns copies of the events tracked so far, oldest first.
 * @param filter a name, a regular expression, a partial `{ name, data, context }`, or a predicate
 * @default all
 * @throws UntrackedSourceException if `source` stores no events in memory
 */
export function events<
  Data extends object = IdentifiedEvent['data'],
  Context extends object = IdentifiedEvent['context'],
>(source: TrackingSource, filter?: EventFilter, options?: SourceOptions): TrackedEvent<Data, Context>[];
export function events(source: TrackingSource, filter?: EventFilter, options?: SourceOptions): TrackedEvent[] {
  return TrackedEvents.of(source, options).all(filter);
}

export function isApplication(source: unknown): source is INestApplicationContext {
  return (
    typeof source === 'object' &&
    source !== null &&
    typeof (source as { get?: unknown }).get === 'function' &&
    typeof (source as { select?: unknown }).select === 'function'
  );
}

/** Describes a value passed instead of an application, most often a promise without `await`. */
export function showSource(source: unknown): string {
  const isPromise = typeof (source as { then?: unknown } | null | undefined)?.then === 'function';
  return isPromise ? 'a promise (await it first)' : showValue(source);
}

/** @throws UntrackedSourceException if the application has no such tracker */
export function trackerOf(source: unknown, name: string = DEFAULT_TRACKER): TrackerService {
  if (!isApplication(source)) {
    throw UntrackedSourceException.create(
      `${showSource(source)} is neither an application nor a tracker.`,
      'call events(app) with the result of Test.createTestingModule(...).compile() or createNestApplication()',
    );
  }
  let tracker: unknown;
  try {
    tracker = source.get(getTrackerToken(name), { strict: false });
  } catch {
    throw UntrackedSourceException.create(
      `the application has no tracker ${showInFull(name)}.`,
      'add imports: [TrackingTestingModule.forRoot()]; read a named tracker with events(app, filter, { tracker: name })',
    );
  }
  if (tracker instanceof TrackerService) return tracker;
  throw UntrackedSourceException.create(
    `the tracker ${showInFull(name)} was replaced by ${showValue(tracker)}, which stores no events.`,
    'remove the replacement; the tracker of TrackingTestingModule.forRoot() writes only to memory',
  );
}

function memoryOf(tracker: TrackerService, path: string | undefined): MemoryBackend | undefined {
  const runtime = runtimeOf(tracker);
  if (runtime.isOff) return undefined;
  if (runtime.isStarting) {
    throw UntrackedSourceException.create(
      `the application has not started, so emitted events are waiting (${String(tracker.ledger.tracker().waiting)} so far).`,
      'await module.init(), or import TrackingTestingModule, which does not have to be started',
    );
  }
  const kept = [...runtime.tree.nodes()].flatMap(({ path: at, backend }) =>
    backend instanceof MemoryBackend ? [{ at, backend }] : [],
  );
  const paths = kept.map(({ at }) => at).join(', ');
  if (kept.length === 0) {
    throw UntrackedSourceException.create(
      `the tracker ${showInFull(tracker.name)} has no MemoryBackend.`,
      "use .overrideProvider(getBackendToken('tracking_logs')).useValue(new MemoryBackend()) in the test, or import TrackingTestingModule",
    );
  }
  const meant = path ?? (kept.length === 1 ? kept[0]?.at : MEMORY_PATH);
  const found = kept.find(({ at }) => at === meant);
  if (found !== undefined) return found.backend;
  const [first = ''] = kept.map(({ at }) => at);
  throw UntrackedSourceException.create(
    path === undefined
      ? `the tracker ${showInFull(tracker.name)} has several MemoryBackends: ${paths}.`
      : `the tracker ${showInFull(tracker.name)} has no MemoryBackend at ${showInFull(path)}; it has: ${paths}.`,
    `choose one: events(app, undefined, { backend: '${first}' })`,
  );
}
