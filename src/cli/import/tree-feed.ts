import { setTimeout as pause } from 'node:timers/promises';
import { Envelope } from '../../event/envelope';
import type { EventFields, IdentifiedEvent } from '../../event/tracking-event';
import type { EnvelopeBackend } from '../../routing/contracts';
import type { EventOutcome } from '../../routing/confirmation';
import type { RouteNode } from '../../routing/route-node';
import { runtimeOf } from '../../tracker/runtime-of';
import type { TrackerService } from '../../tracker/tracker.service';
import { CommandFailedException } from '../command-failed.exception';
import { EventGroup, type OutcomeCounts } from './event-group';
import { oneOf } from './one-of';

/** Pause before it is checked again whether a log can be written. */
const UNWRITTEN_MS = 200;

/**
 * Gives the events of a log to the tree of a tracker, and waits whenever a destination has no
 * capacity.
 *
 * Events are given in groups. A group is settled when every backend has delivered, stored, filtered
 * or refused each of its events. Every event is retained until then: a delivery accepts it beyond
 * its limits, and returns it if the application closes.
 */
export class TreeFeed {
  private readonly runtime: ReturnType<typeof runtimeOf>;
  /** Path of the node that gets the events; undefined for the root. */
  private readonly branch: string | undefined;
  private readonly open: EventGroup[] = [];
  private readonly outcomes = new Map<string, Map<EventOutcome, number>>();
  /** Paths of backends that hold lines, and answer for all of them at once. */
  private writers = new Map<string, EnvelopeBackend>();
  /** True once a backend gave an event back. */
  private isIncomplete = false;
  private wake = (): void => undefined;
  /** Number of lines whose events are all settled. */
  settledLines = 0;
  /** Position in a store up to which all events are settled; undefined at its start. */
  settledPosition: string | undefined;

  /**
   * @param branch path of the node that gets the events
   * @param isProcessed true if the events have passed the processors of that node
   * @throws CommandFailedException if there is no such node
   */
  constructor(tracker: TrackerService, branch?: string, isProcessed = false) {
    this.runtime = runtimeOf(tracker);
    this.branch = branch;
    const { target } = this;
    if (target !== undefined) {
      const own = target.steps.filter(({ place }) => place === target.standsAt);
      if (isProcessed) target.steps.splice(0, Infinity, ...own);
      return;
    }
    const { paths } = this;
    throw CommandFailedException.create(
      `the tracker ${JSON.stringify(tracker.name)} has no backend ${JSON.stringify(branch)}.`,
      paths.length === 0 ? 'add one to its backends' : `name one of ${oneOf(paths)}`,
    );
  }

  /** Paths of all backends. */
  get paths(): readonly string[] {
    return [...below(this.runtime.tree.root)].map(({ path }) => path);
  }

  private get target(): RouteNode | undefined {
    const { root } = this.runtime.tree;
    return this.branch === undefined ? root : [...below(root)].find(({ path }) => path === this.branch);
  }

  /** Nodes that answer for the events. */
  private get ends(): readonly RouteNode[] {
    return [...(this.target?.reached() ?? [])];
  }

  /** Begins a group. Events that are given from now on belong to it. */
  begin(onDone?: (group: EventGroup) => void): EventGroup {
    this.writers = new Map(
      this.ends.flatMap(({ path, sink }) =>
        sink?.flush !== undefined && sink.whenTakesMore === undefined ? [[path, sink]] : [],
      ),
    );
    const group = new EventGroup(
      (path) => this.writers.has(path),
      (path, outcome) => {
        this.count(path, outcome);
      },
      this.settleGroups,
      onDone,
    );
    this.open.push(group);
    return group;
  }

  give(event: IdentifiedEvent, group: EventGroup): void {
    const { counters, normalizer, scopes } = this.runtime.parts;
    const envelope = Envelope.carried(normalizer.carried(event), {}, normalizer);
    const { target = this.runtime.tree.root } = this;
    if (target === this.runtime.tree.root) counters.emitted++; // events of a branch were emitted before
    // Events that application code emits while it processes this one belong to the same user.
    scopes.run('event', (envelope.context?.values ?? {}) as EventFields, () => {
      target.receive(envelope, group);
    });
  }

  /** Resolves when the destinations have capacity, and all lines of logs are written. */
  async room(signal: AbortSignal | undefined): Promise<void> {
    for (const writer of this.writers.values()) await written(writer, signal);
    for (const group of this.open) group.written();
    this.settleGroups();
    for (;;) {
      signal?.throwIfAborted();
      const full = this.ends.find(({ sink }) => sink?.takesMore === false)?.sink;
      if (full === undefined) return;
      await orAborted(full.whenTakesMore?.() ?? Promise.resolve(), signal);
    }
  }

  /** Resolves when every group is settled, or can never be. */
  async settled(signal: AbortSignal | undefined): Promise<void> {
    await this.room(signal);
    while (this.open.length > 0) {
      const woken = new Promise<void>((resolve) => (this.wake = resolve));
      await this.runtime.tree.flush();
      this.removeSettled();
      // Not flushed again before something has changed: a destination may be down for hours.
      if (this.open.length > 0) await orAborted(woken, signal);
      signal?.throwIfAborted();
    }
  }

  /** Returns the number of events by the path of a backend and their outcome there. */
  counts(): OutcomeCounts {
    return Object.fromEntries([...this.outcomes].map(([path, counts]) => [path, Object.fromEntries(counts)]));
  }

  private readonly settleGroups = (): void => {
    this.removeSettled();
    this.wake();
  };

  /** Removes the groups that are settled, in order. */
  private removeSettled(): void {
    for (let first = this.open[0]; first?.isSettled === true; first = this.open[0]) {
      this.open.shift();
      this.isIncomplete ||= first.isReturned;
      // Lines behind an event that came back are read again by the next run.
      if (!this.isIncomplete) {
        this.settledLines = first.endLine;
        this.settledPosition = first.endPosition ?? this.settledPosition;
      }
      first.onDone?.(first);
    }
  }

  private count(path: string, outcome: EventOutcome): void {
    const counts = this.outcomes.get(path) ?? new Map<EventOutcome, number>();
    this.outcomes.set(path, counts);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
}

function* below(node: RouteNode): Generator<RouteNode> {
  for (const child of node.children) {
    yield child;
    yield* below(child);
  }
}

/** Resolves when every line that a log accepted is written, however long it cannot be. */
async function written(writer: EnvelopeBackend, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    await writer.flush?.();
    if ((writer.delivery?.()?.pending ?? 0) === 0) return;
    await pause(UNWRITTEN_MS, undefined, { signal });
  }
}

/** Waits until `wait` resolves or the signal is aborted. */
async function orAborted(wait: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    await wait;
    return;
  }
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => (stop = resolve));
  signal.addEventListener('abort', stop);
  await Promise.race([wait, aborted]);
  signal.removeEventListener('abort', stop);
}
