import type { Writable } from 'node:stream';
import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { showName } from '../common/show-value';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { TrackerService } from '../tracker/tracker.service';
import { packageVersion } from '../tracker/package-copies';
import type { ExplorerInfo, EventDetail, EventPage, EventRow, WaitAnswer } from './api';
import { ACTION_HEADER } from './action-guard';
import { DeadLetterJobs } from './dead-letter-jobs';
import { EventFilter } from './event-filter';
import { EventWaiters } from './event-waiters';
import { ExploredTracker } from './explored-tracker';
import { EXPLORER_SETTINGS, type ExplorerSettings } from './explorer-settings';
import type { JournalEntry } from './journal/journal-entry';
import { LiveFeed, type LiveNumbers } from './live/live-feed';
import { Watcher, type LiveRow } from './live/watcher';
import { PROCESS, PROCESS_ID } from './process-info';
import { RATE_INTERVAL_MS } from './rate-history';
import { OtherProcesses } from './shared/other-processes';

/** Events that are followed in each fifth of a second while a browser is connected. */
const WATCHED_BUDGET = 1000;
const NO_NUMBERS = { seen: 0, kept: 0, deadLetters: 0, violations: 0 };

/** What the routes of the explorer read and do. One for each application. */
@Injectable()
export class Explorer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly feed = new LiveFeed({
    refresh: () => {
      this.refresh();
    },
    numbers: (name) => this.numbers(name),
    skipped: (name) => this.tracker(name)?.journal.skipped ?? 0,
  });
  readonly waiters = new EventWaiters();
  readonly jobs = new DeadLetterJobs();
  readonly others: OtherProcesses;
  private trackers: readonly ExploredTracker[] = [];
  private rateTimer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(EXPLORER_SETTINGS) private readonly settings: ExplorerSettings,
    private readonly container: ModulesContainer,
  ) {
    const { maxEvents, maxBytes, shared } = settings;
    const { feed, waiters } = this;
    this.others = new OtherProcesses(shared, {
      ...{ feed, waiters, limits: { maxEvents, maxBytes } },
      refresh: () => {
        this.refresh();
      },
      newest: (limit) => this.newest(limit),
      detail: (name, id) => this.detail(name, id),
    });
  }

  onApplicationBootstrap(): void {
    this.trackers = chosen(trackersIn(this.container), this.settings.trackers).map(
      (service) => new ExploredTracker(service, this.settings),
    );
    for (const tracker of this.trackers) this.observe(tracker);
    this.feed.start();
    this.sampleRates();
    this.rateTimer = setInterval(() => {
      this.sampleRates();
    }, RATE_INTERVAL_MS).unref();
  }

  /** Ends the streams and the requests that wait, before the server waits for its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.rateTimer);
    this.feed.close();
    this.waiters.close();
    for (const tracker of this.trackers) tracker.end();
    await this.others.close();
  }

  info(): ExplorerInfo {
    const { maxEvents, maxBytes, isDevelopment } = this.settings;
    return {
      version: packageVersion(),
      trackers: this.trackers.map((tracker) => tracker.info()),
      process: PROCESS,
      processes: this.others.processes,
      actions: this.actions,
      actionHeader: ACTION_HEADER,
      isDevelopment,
      capacity: { maxEvents, maxBytes },
    };
  }

  get actions(): ExplorerSettings['actions'] {
    return this.settings.actions;
  }

  /** Returns a tracker by its name, or the first one; undefined if there is no such tracker. */
  tracker(name?: string): ExploredTracker | undefined {
    return name === undefined ? this.trackers[0] : this.trackers.find((each) => each.name === name);
  }

  /** Returns an event, the newest ones included; undefined if it is not remembered. */
  find(tracker: ExploredTracker, id: string): JournalEntry | undefined {
    this.refresh();
    return tracker.journal.find(id);
  }

  /**
   * Lists the remembered events that a filter matches, newest first.
   * @param before id of the event after which the list goes on
   */
  events(tracker: ExploredTracker, filterText: string, limit: number, before?: string): EventPage {
    this.refresh();
    const filter = EventFilter.read(filterText);
    const rows: EventRow[] = [];
    let hasOlder = false;
    let isBefore = before === undefined;
    for (const { row, subject } of this.others.merge(tracker.newestFirst(), tracker.name)) {
      if (!isBefore) isBefore = row.id === before;
      else if (filter.matches(subject)) {
        hasOlder = rows.length >= limit;
        if (hasOlder) break;
        rows.push(row);
      }
    }
    const { error } = filter;
    const { skipped, evicted } = tracker.journal;
    const { kept } = this.numbers(tracker.name);
    return {
      ...{ rows, hasOlder, kept, evicted: evicted + this.others.evicted, skipped },
      ...(error !== undefined && { filterError: error }),
    };
  }

  /**
   * Streams new events to a browser.
   * @returns a function that ends it; undefined if too many browsers are connected
   */
  watch(stream: Writable, tracker: ExploredTracker, filterText: string): (() => void) | undefined {
    if (this.feed.isFull) return undefined;
    const filter = EventFilter.read(filterText);
    const watcher = new Watcher(stream, filter, tracker.name, tracker.journal.skipped);
    const { error } = filter;
    watcher.send({ type: 'hello', process: PROCESS_ID, ...(error !== undefined && { filterError: error }) });
    if (this.settings.shared !== undefined) watcher.send({ type: 'shared', ...this.others.state });
    // What came before belongs to the list that the page loads now.
    this.refresh();
    const leave = this.feed.connect(watcher);
    void this.others.look();
    return leave;
  }

  /** Waits for an event, for end-to-end tests. Events that are remembered count too. */
  async wait(tracker: ExploredTracker, filterText: string, timeoutMs: number): Promise<WaitAnswer> {
    await this.others.look();
    const [known] = this.events(tracker, filterText, 1).rows;
    if (known !== undefined) return { event: known, timedOut: false };
    return this.waiters.wait(tracker.name, EventFilter.read(filterText), timeoutMs);
  }

  private observe(tracker: ExploredTracker): void {
    tracker.begin({
      kept: (entry) => {
        if (!this.isFollowed) return;
        const live = tracker.live(entry);
        this.feed.add(live);
        this.others.add(live);
        this.waiters.look(live);
      },
      changed: (entry) => {
        if (!this.isFollowed) return;
        const live = tracker.live(entry);
        this.feed.change(live);
        this.others.change(live);
        this.waiters.look(live);
      },
    });
  }

  private get isFollowed(): boolean {
    return this.feed.watching > 0 || this.waiters.waiting > 0 || this.others.areWatching;
  }

  private numbers(name: string): LiveNumbers {
    const { seen, kept, ...numbers } = this.tracker(name)?.numbers() ?? NO_NUMBERS;
    return { ...numbers, seen: seen + this.others.seen(name), kept: kept + this.others.kept(name) };
  }

  private newest(limit: number): LiveRow[] {
    const all = this.trackers.flatMap((tracker) => [...tracker.newestFirst()]);
    return all
      .sort(({ row: one }, { row: other }) => other.seq - one.seq)
      .slice(0, limit)
      .reverse();
  }

  private detail(name: string, id: string): EventDetail | undefined {
    const tracker = this.tracker(name);
    const entry = tracker && this.find(tracker, id);
    return entry && tracker.detail(entry);
  }

  private refresh(): void {
    const { maxEvents } = this.settings;
    // Somebody who looks for one event may need more of them than the list keeps.
    const budget = this.isFollowed ? Math.max(maxEvents, WATCHED_BUDGET) : maxEvents;
    for (const { journal } of this.trackers) journal.refresh(budget);
  }

  private sampleRates(): void {
    for (const tracker of this.trackers) tracker.sampleRates();
  }
}

/** Returns the trackers of one application, in the order of their modules. */
function trackersIn(container: ModulesContainer): TrackerService[] {
  const found = new Set<TrackerService>();
  for (const { providers } of container.values()) {
    for (const { instance } of providers.values()) if (instance instanceof TrackerService) found.add(instance);
  }
  return [...found];
}

/** @throws TrackingConfigException for a name that no tracker has */
function chosen(all: readonly TrackerService[], names: readonly string[] | undefined): readonly TrackerService[] {
  if (names === undefined) return all;
  const known = all.map(({ name }) => name);
  const errors = names.flatMap((name) => (known.includes(name) ? [] : [unknownTracker(name, known)]));
  if (errors.length > 0) throw TrackingConfigException.create(errors);
  return all.filter(({ name }) => names.includes(name));
}

function unknownTracker(name: string, known: readonly string[]): ConfigError {
  const path = 'TrackingExplorerModule.trackers';
  return { path, what: `there is no tracker ${showName(name)}.`, fix: `one of ${known.map(showName).join(', ')}` };
}
