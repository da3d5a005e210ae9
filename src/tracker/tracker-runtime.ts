import { lossesOf } from '../ledger/losses';
import type { Clock } from '../common/clock';
import { atMost } from '../common/at-most';
import { readClock } from '../common/clock';
import { Envelope, type CarriedFacts } from '../event/envelope';
import { describeError } from '../common/describe-error';
import { EventIds } from '../event/event-id';
import { Normalizer } from '../event/normalizer';
import type { Notices } from '../common/notices';
import { quoted } from '../common/printable';
import { withDefaults, type PartialLimits } from '../event/value-limits';
import { TrackerScopes } from '../context/tracker-scopes';
import type { DropReason } from '../ledger/reasons';
import { Deliveries } from '../delivery/deliveries';
import type { DeliveryOptions } from '../delivery/delivery-options';
import { TrackingDeadLetters } from '../delivery/tracking-dead-letters';
import { TrackerLedger } from '../ledger/tracker-ledger';
import { TrackingLedger } from '../ledger/tracking-ledger';
import { CatalogCourier } from '../catalog/catalog-courier';
import { CATALOG_EVENT, isCatalogKeeper, isCatalogLog } from '../catalog/catalog-keeper';
import type { CatalogDocument } from '../catalog/event-document';
import { EventInspector, type Refusal } from '../catalog/event-inspector';
import type { Catalog } from '../catalog/catalog';
import { isEventDefinition } from '../catalog/define-event';
import { TrackingCatalog } from '../catalog/tracking-catalog';
import { TrackingViolations } from '../catalog/tracking-violations';
import type { ValidationMode, ValidationOptions } from '../catalog/validation-mode';
import { originFacts } from '../event/event-record';
import type { StoredEvent } from '../event/tracking-event';
import type { EnvelopeBackend } from '../routing/contracts';
import { growTree, rootNode } from '../routing/grow-tree';
import type { NodeSettings } from '../routing/node-modules';
import { Processing } from '../routing/processing';
import type { QueuedPart, RouteNode } from '../routing/route-node';
import { BusIntake, type EventHandler } from '../routing/bus-intake';
import { ConsumerLedger } from '../ledger/consumer-ledger';
import type { ConsumerSurroundings, EventConsumer } from '../routing/event-consumer';
import type { EmitConfirmation } from './emit-confirmation';
import { currentEmitPlace } from './emit-place';
import { ReplacedReport } from './replaced-report';
import { flushTree } from './tree-flush';
import { isDestinationClass, type BackendPlan, type ConsumerPlan, type TreePlan } from '../routing/tree-plan';

export interface RuntimeOptions {
  readonly name: string;
  readonly enabled: boolean;
  readonly clock: Clock;
  readonly limits: PartialLimits;
  readonly maxEarlyEvents: number;
  readonly shutdownTimeoutMs: number;
  readonly delivery?: DeliveryOptions | undefined;
  readonly notices: Notices;
  readonly catalog?: Catalog | undefined;
  readonly validation?: ValidationMode | ValidationOptions | undefined;
  readonly documentation?: boolean | undefined;
  /**
   * Generator of event ids.
   * @default UUIDv7
   */
  readonly ids?: Pick<EventIds, 'next'> | undefined;
}

const UNCERTAIN =
  'an event was emitted in the async context of a request whose response is over, and carries the context of that request. ' +
  'That is right for work which the request started itself, and wrong in the callback of a connection or emitter that requests ' +
  'share. Fix: tracker.bind(callback) where the callback is handed over; or choose what such events carry: ' +
  "requestContext: { afterResponse: 'keep' | 'mark' | 'drop' }. (Logged once; `uncertainContexts` in the ledger counts on.)";

interface EarlyEvent {
  readonly envelope: Envelope;
  readonly confirmation: EmitConfirmation | undefined;
  readonly release: (() => void) | undefined;
  readonly refusal: Refusal | undefined;
}

/** Maximum nesting of events that emit events. Deeper chains are cut. */
const MAX_DEPTH = 8;
/** Path of the dead letters of events that do not match the catalog. No node can have that path. */
export const REJECTED_PATH = 'catalog:rejected';
/**
 * Maximum time in milliseconds for consumers to report finished events, or a quarter of the
 * remaining shutdown time if that is less.
 */
const CLOSE_CONSUMERS_MS = 5000;
/** Minimum time in milliseconds for queues and consumers to close, even if no time is left. */
const MIN_CLOSE_MS = 1000;

/**
 * Implements one TrackerService.
 *
 * States: `starting` (events wait, up to `maxEarlyEvents`) -> `ready` (events go into the tree) ->
 * `closed` (events still go into the tree: each backend decides which events it accepts). A
 * disabled tracker is `off` permanently. `start` moves it to `ready`, `close` to `closed`; nothing
 * else changes the state.
 */
export class TrackerRuntime {
  readonly name: string;
  readonly notices: Notices;
  readonly normalizer: Normalizer;
  readonly scopes: TrackerScopes;
  readonly ledger: TrackingLedger;
  readonly deliveries: Deliveries;
  readonly deadLetters: TrackingDeadLetters;
  readonly root: RouteNode;
  readonly violations: TrackingViolations;
  readonly catalog: TrackingCatalog;
  /** Inspector of events; undefined without a catalog. */
  private readonly inspector: EventInspector | undefined;
  private courier: CatalogCourier | undefined;
  readonly processing = new Processing();
  private state: 'starting' | 'ready' | 'closed' | 'off';
  /**
   * Counters of the tracker.
   * @internal For `TrackerService.emit`, which counts events that could not reach this class.
   */
  readonly books: TrackerLedger;
  private readonly ids: Pick<EventIds, 'next'>;
  private early: EarlyEvent[] = [];
  /** Number of calls of `emit` that have not returned, each made by the previous one. */
  private nesting = 0;
  /** Error that lost an event before it reached the tree. */
  private emitError: unknown;
  private isReportDue = false;
  /**
   * Replaced backends, with all their children. They receive no more events, but still write the
   * events they hold.
   */
  private readonly retired: RouteNode[] = [];
  private readonly consumers: RunningConsumer[] = [];
  private handlers: () => readonly EventHandler[] = () => [];

  /** @param tracker the tracker that `currentTracker()` returns */
  constructor(
    tracker: object,
    private readonly options: RuntimeOptions,
  ) {
    const { name, notices } = options;
    this.name = name;
    this.notices = notices;
    this.state = options.enabled ? 'starting' : 'off';
    this.books = new TrackerLedger(name);
    this.ids = options.ids ?? new EventIds();
    this.normalizer = new Normalizer(withDefaults(options.limits), new ReplacedReport(this.books, notices));
    this.scopes = new TrackerScopes(tracker, () => {
      this.books.uncertain();
      if (this.scopes.afterResponse === undefined) notices.once('uncertain context', () => UNCERTAIN);
    });
    this.inspector = options.catalog && this.inspectorFor(options.catalog);
    this.violations = this.inspector?.violations ?? new TrackingViolations();
    this.catalog = new TrackingCatalog(options.catalog, this.inspector);
    this.deliveries = new Deliveries(name, options.delivery, notices);
    this.deadLetters = new TrackingDeadLetters(this.deliveries);
    this.deliveries.takeBack(REJECTED_PATH, {
      isTaken: (event) => this.inspector?.takes(this.carried(event, {})) ?? true,
      take: (event, origin) => {
        this.books.redrive();
        this.root.receive(this.stamped(this.carried(event, origin)), undefined);
      },
    });
    this.root = rootNode(this);
    this.ledger = new TrackingLedger({
      counts: () => this.books.counts(this.early.length),
      nodes: () => [
        ...[...this.root.all()].map((node) => node.counts()),
        ...this.retired
          .map((node) => ({ ...node.counts(), path: `${node.path} (replaced)` }))
          .filter(({ received }) => received > 0),
      ],
      consumers: () => this.consumers.map(({ ledger, instance }) => ledger.counts(instance.lag?.())),
      watch: (listener) => this.deliveries.watch(listener),
      measure: (listener) => this.deliveries.measure(listener),
    });
  }

  get isOff(): boolean {
    return this.state === 'off';
  }

  /** True while events wait for the start. */
  get isStarting(): boolean {
    return this.state === 'starting';
  }

  /**
   * True once the whole application has started. A context entered outside a scope from then on is
   * probably not meant for all events.
   */
  isServing = false;

  /**
   * Claims the directories that the tree needs before it is built. A disk that cannot be used is
   * reported, and the start continues.
   */
  async prepare(plan: TreePlan): Promise<void> {
    if (this.state === 'starting') await this.deliveries.claim(directoriesOf(plan, this.deliveries));
  }

  /**
   * Builds the tree and sends the events that were emitted before.
   * @param find returns the instance under a token
   */
  start(plan: TreePlan, find: (token: string) => unknown, off: NodeSettings['off']): void {
    if (this.state !== 'starting') return;
    const replaced = growTree(this.root, plan, find, off, this);
    for (const node of replaced) this.retired.push(...node.all());
    for (const each of plan.consumers) {
      if (!off.has(each.token)) this.consumers.push(this.consumer(each, find(each.token) as EventConsumer));
    }
    this.state = 'ready';
    const { early } = this;
    this.early = [];
    for (const { envelope, confirmation, release, refusal } of early) {
      this.pass(envelope, confirmation, refusal);
      release?.();
    }
  }

  /** Adds a backend at the root, or replaces the backend with the same name. */
  place(node: RouteNode): void {
    const replaced = this.root.place(node);
    if (replaced !== undefined) this.retired.push(...replaced.all());
  }

  /** Counts a failure of a function of the application, and logs it once. */
  fail(place: string, error: unknown, consequence: string): void {
    this.books.fail(place);
    this.notices.once(
      `failed ${place}`,
      () => `${place} failed: ${describeError(error)}. ${consequence} (Told once; the ledger counts on.)`,
    );
  }

  /**
   * Sends one event. Throws only if the stack has no capacity to enter it; nothing was counted
   * then.
   * @returns the event id; undefined if tracking is off, or if the event was lost before it had an
   * id
   */
  emit(name: unknown, data: unknown, confirmation?: EmitConfirmation): string | undefined {
    if (this.state === 'off') return undefined;
    const { books, processing } = this;
    books.emitted++;
    this.nesting++;
    try {
      return this.send(name, data, confirmation);
    } catch (error) {
      // `send` counts the event last, so it is not counted yet. Plain assignments: a method call
      // could fail near the end of the stack.
      books.overflowed++;
      processing.hasOverflowed = true;
      this.emitError = error;
      if (confirmation !== undefined) confirmation.failure = { error };
      return undefined;
    } finally {
      this.nesting--;
      if (processing.hasOverflowed) {
        try {
          this.reportSoon();
        } catch {
          // The stack has no capacity for this either: the next emit does it.
        }
      }
    }
  }

  /** Returns the backends in the order in which they receive events. */
  *nodes(): Generator<RouteNode> {
    for (const node of this.root.all()) if (node !== this.root) yield node;
  }

  /** Resolves when every event emitted before is written, or cannot be written for now. */
  async flush(): Promise<void> {
    const locals = this.queues().filter(({ backend }) => backend.queue.isLocal);
    const queueSinks = new Set(locals.map(({ sink }) => sink));
    await flushTree(
      locals,
      this.writers().filter((writer) => !queueSinks.has(writer)),
    );
  }

  /**
   * Starts to take events from the queues and buses outside this process.
   * @param handlers returns the handlers of the application; called for each event, since modules
   * may be loaded later
   */
  beginWork(handlers: () => readonly EventHandler[]): void {
    if (this.state !== 'ready') return;
    this.handlers = handlers;
    for (const { backend } of this.queues()) backend.queue.beginWork?.();
    for (const each of this.consumers) each.instance.begin(each.surroundings);
  }

  /**
   * Brings the documents of the catalog to the backends that can store them, if `documentation` is
   * true.
   */
  beginDocumenting(): void {
    const { catalog, documentation } = this.options;
    if (this.state !== 'ready' || catalog === undefined || documentation !== true) return;
    this.courier = new CatalogCourier(catalog.document, this.notices);
    for (const { backend, standsAt, sink } of this.nodes()) {
      if (isCatalogKeeper(backend)) this.courier.begin(backend, standsAt);
      else if (isCatalogLog(backend)) this.logCatalog(catalog.document, standsAt, sink);
    }
  }

  /**
   * Logs the catalog. Catches errors, since the logger may be the application's own and must not
   * fail the start.
   */
  private logCatalog(catalog: CatalogDocument, place: string, sink: EnvelopeBackend | undefined): void {
    let refused: string | undefined;
    try {
      refused = sink?.accept(this.catalogEvent(catalog), false);
    } catch (error) {
      refused = describeError(error);
    }
    if (refused !== undefined) this.notices.warn(`${place} has not taken the catalog: ${refused}.`);
  }

  private catalogEvent(catalog: CatalogDocument): Envelope {
    const now = Date.now();
    const data = catalog as unknown as StoredEvent['data'];
    return this.carried(
      { name: CATALOG_EVENT, timestamp: new Date(now), id: this.ids.next(now), context: {}, data },
      {},
    );
  }

  /** Writes held events at the exit of the process, where nothing can be awaited. */
  flushSync(): void {
    this.deliveries.whileExiting(() => {
      for (const backend of this.writers()) backend.flushSync?.();
    });
    this.reportLostLetters();
  }

  /**
   * Writes events held in memory to disk, if there is one, and from now on all new events too. The
   * shutdown has begun, and SIGKILL may arrive before `close` is done.
   */
  persist(): void {
    if (this.state === 'ready') for (const backend of this.writers()) backend.persist?.();
  }

  /** Options with which a killed process would lose no events; empty if it loses none already. */
  get optionsToHoldNone(): readonly string[] {
    const holding = this.writers().filter(({ holdsEvents }) => holdsEvents === true);
    return [...new Set(holding.map(({ optionToHoldNone = 'no option' }) => optionToHoldNone))];
  }

  /** Writes the held events, and logs any losses. */
  async close(): Promise<void> {
    if (this.state === 'off' || this.state === 'closed') return;
    for (const { envelope, confirmation, release } of this.early.splice(0)) {
      this.drop('not-ready', envelope.name, 'the application closed before it had started', confirmation);
      release?.();
    }
    const deadline = performance.now() + this.options.shutdownTimeoutMs;
    await this.deliveries.readyHomes();
    this.persist();
    this.state = 'closed';
    const isBrought = this.courier?.close();
    await this.drain(deadline);
    await this.deliveries.close();
    await isBrought;
    this.reportLosses();
    this.reportLostLetters();
  }

  /**
   * Drains the tree from the top.
   * The children write the events that a queue holds, and report to the queue which events they
   * accepted. So first the queues of this process are worked off, then the children drain, and then
   * the queues keep the remaining events.
   */
  private async drain(deadline: number): Promise<void> {
    const queues = this.queues();
    const left = (until = deadline): number => Math.max(until - performance.now(), 0);
    const closeMs = this.consumers.length === 0 ? 0 : Math.min(CLOSE_CONSUMERS_MS, left() / 4);
    // the other half of the time is for the children
    const half = performance.now() + (left() - closeMs) / 2;
    // An error of an application's consumer must not prevent the other events from being written.
    const isWorkedOff = Promise.allSettled([
      ...this.consumers.map(async ({ instance, intake }) => {
        await instance.end(left(half));
        await intake.whenAtRest();
      }),
      ...queues.map(async ({ backend }) => backend.queue.endWork?.(left(half))),
    ]);
    for (const { sink, backend } of queues) {
      if (backend.queue.isLocal) await atMost(left(half), sink?.flush?.());
    }
    await atMost(left(half), isWorkedOff);
    for (const { work } of queues) work.stop();
    for (const { intake } of this.consumers) intake.stop();
    const locals = new Set(queues.filter(({ backend }) => backend.queue.isLocal).map(({ sink }) => sink));
    const others = this.writers().filter((writer) => !locals.has(writer));
    await Promise.allSettled(others.map(async (writer) => writer.drain?.(left(deadline - closeMs))));
    await Promise.allSettled([...locals].map(async (sink) => sink?.drain?.(0)));
    const isGivenBack = Promise.allSettled(queues.map(async ({ backend }) => backend.queue.giveBack?.()));
    await atMost(Math.max(left(), MIN_CLOSE_MS), isGivenBack);
    const isClosed = Promise.allSettled(this.consumers.map(async ({ instance }) => instance.close()));
    await atMost(Math.max(left(), MIN_CLOSE_MS), isClosed);
  }

  private consumer({ name, place, settings }: ConsumerPlan, instance: EventConsumer): RunningConsumer {
    const { notices, scopes, normalizer, processing, deliveries } = this;
    const { dedupeWindowMs = 600_000, handlerAttempts = 5 } = settings;
    const ledger = new ConsumerLedger(name);
    const intake = new BusIntake({
      ...{ name, scopes, normalizer, processing, ledger, dedupeWindowMs, handlerAttempts },
      works: () => this.queues().flatMap(({ backend, work }) => (backend.isOnBus ? work : [])),
      handlers: () => this.handlers(),
      keepLetter: (event, reason, origin) => {
        // no node can have that path
        deliveries.keepLetter(`consumer:${name}`, event, reason, origin);
      },
      warn: (key, text) => {
        notices.once(key, () => `${place}: ${text()}`);
      },
    });
    const surroundings: ConsumerSurroundings = {
      ...{ place, tracker: this.name, name, intake },
      missed: (entries) => {
        ledger.miss(entries);
      },
      restarted: () => {
        ledger.restart();
      },
      warn: (text) => {
        notices.warn(`${place}: ${text}`);
      },
      tell: (text) => {
        notices.tell(`${place}: ${text}`);
      },
    };
    return { instance, intake, ledger, surroundings };
  }

  /** Returns the queues of the tree, from the top. */
  private queues(): QueueInTree[] {
    return [...this.nodes(), ...this.retired].flatMap(({ queued, sink }) =>
      queued === undefined ? [] : { ...queued, sink },
    );
  }

  /**
   * Counts the event as received by the root, dropped or waiting. Counting is the last step, after
   * which nothing throws.
   */
  private send(name: unknown, data: unknown, confirmation: EmitConfirmation | undefined): string {
    // Checked before anything is read: the clock, a name and a getter in the data may be
    // application code that emits again.
    if (this.nesting > MAX_DEPTH + 1) {
      this.cut(typeof name === 'string' ? name : 'unknown', this.nesting - 1, confirmation);
      return this.ids.next(Date.now());
    }
    const eventName = this.nameOf(name);
    const time = readClock(this.options.clock);
    const origin = this.processing.origin(eventName);
    const id = origin?.id ?? this.ids.next(time);
    const depth = origin?.depth ?? 0;
    if (depth > MAX_DEPTH) {
      this.cut(eventName, depth, confirmation);
      return id;
    }
    const envelope = this.envelope(id, eventName, time, data, depth, origin?.parentId);
    const refusal = this.inspector?.inspect(envelope, time, currentEmitPlace());
    if (this.state === 'starting') this.keep(envelope, confirmation, refusal);
    else this.pass(envelope, confirmation, refusal);
    return id;
  }

  /** Sends the event into the tree, or to the dead letters if it was refused. */
  private pass(envelope: Envelope, confirmation: EmitConfirmation | undefined, refusal: Refusal | undefined): void {
    if (refusal === undefined) {
      this.root.receive(this.stamped(envelope), confirmation);
      return;
    }
    this.deliveries.keepLetter(REJECTED_PATH, envelope.stored(), refusal.reason, originFacts(envelope));
    if (confirmation !== undefined) {
      confirmation.settle(REJECTED_PATH, 'dead-lettered');
      confirmation.violations = refusal.violations;
    }
    this.books.drop('invalid');
  }

  private stamped(envelope: Envelope): Envelope {
    return this.options.documentation === true ? (this.inspector?.stamp(envelope) ?? envelope) : envelope;
  }

  private carried(event: StoredEvent, origin: CarriedFacts): Envelope {
    return Envelope.carried(event, origin, this.normalizer);
  }

  private inspectorFor(catalog: Catalog): EventInspector {
    const { validation, documentation = false } = this.options;
    return new EventInspector({
      ...{ catalog, validation, isStamped: documentation },
      count: (kind) => {
        this.books.violate(kind);
      },
      tell: (key, text) => {
        this.notices.aboutInput('catalog violation', () => [key], text);
      },
      fail: (place, error, consequence) => {
        this.fail(place, error, consequence);
      },
    });
  }

  private reportSoon(): void {
    if (!this.isReportDue) queueMicrotask(this.reportOverflow); // the stack is empty there
    this.isReportDue = true;
    this.processing.hasOverflowed = false;
  }

  private readonly reportOverflow = (): void => {
    this.isReportDue = false;
    const why = this.emitError === undefined ? '' : ` (${describeError(this.emitError)})`;
    this.notices.once(
      'emit failed',
      () =>
        `events are lost ('emit-failed'), since emit could not run${why}. Fix: emit outside of deep recursion. ` +
        '(Logged once; the ledger counts on.)',
    );
  };

  private cut(eventName: string, depth: number, confirmation: EmitConfirmation | undefined): void {
    const why = `it is event ${String(depth)} in a chain of events emitted while another is processed`;
    this.drop('loop', eventName, why, confirmation);
  }

  private writers(): EnvelopeBackend[] {
    return [...this.nodes(), ...this.retired].flatMap(({ sink }) => sink ?? []);
  }

  private envelope(
    id: string,
    name: string,
    time: number,
    data: unknown,
    depth: number,
    parentId: string | undefined,
  ): Envelope {
    return Envelope.of({ id, name, time, context: this.scopes.viewToEmit(), data, depth, parentId }, this.normalizer);
  }

  private nameOf(name: unknown): string {
    if (typeof name === 'string' || name === undefined || name === null) return this.normalizer.name(name);
    if (isEventDefinition(name)) return this.normalizer.name(name.name);
    const eventName = this.normalizer.name(name);
    this.books.oddName();
    this.notices.aboutInput(
      'event name',
      () => [eventName],
      () =>
        `an event was emitted with a name that is not a string (${typeof name}); it is called ${quoted(eventName)}. ` +
        "Fix: tracker.emit('some.name', data)",
    );
    return eventName;
  }

  private keep(envelope: Envelope, confirmation: EmitConfirmation | undefined, refusal: Refusal | undefined): void {
    if (this.early.length >= this.options.maxEarlyEvents) {
      const why = `more than ${String(this.options.maxEarlyEvents)} events were emitted before the application had started`;
      this.drop('not-ready', envelope.name, why, confirmation);
      return;
    }
    this.early.push({ envelope: envelope.hold(), confirmation, release: confirmation?.hold(), refusal });
  }

  private drop(reason: DropReason, eventName: string, why: string, confirmation: EmitConfirmation | undefined): void {
    confirmation?.settle(this.root.path, 'dropped');
    // Not once per name: a logger that emits its log lines as events would then never stop.
    this.notices.once(
      `dropped ${reason}`,
      () => `the event ${quoted(eventName)} was dropped ('${reason}'): ${why}. (Logged once; the ledger counts on.)`,
    );
    this.books.drop(reason);
  }

  private reportLostLetters(): void {
    const lost = [...this.deliveries.lettersLostAtClose()].map(([path, count]) => `${path}: ${String(count)}`);
    if (lost.length === 0) return;
    this.notices.warn(
      `tracker "${this.name}" closed with dead letters that were in memory only and are gone (${lost.join(', ')}). ` +
        'Fix: give delivery a directory, where dead letters are kept for the next start.',
    );
  }

  private reportLosses(): void {
    const byPlace = new Map<string, string[]>();
    for (const { node, reason, count } of lossesOf(this.ledger)) {
      byPlace.set(node, [...(byPlace.get(node) ?? []), `${String(count)} ${reason}`]);
    }
    if (byPlace.size === 0) return;
    const lines = [...byPlace].map(([place, losses]) => `${place}: ${losses.join(', ')}`);
    const { emitted } = this.ledger.tracker();
    this.notices.warn(
      `tracker "${this.name}" closed; of ${String(emitted)} events emitted, dropped at ${lines.join('; ')}.`,
    );
  }
}

interface RunningConsumer {
  readonly instance: EventConsumer;
  readonly intake: BusIntake;
  readonly ledger: ConsumerLedger;
  readonly surroundings: ConsumerSurroundings;
}

interface QueueInTree extends QueuedPart {
  readonly sink: EnvelopeBackend | undefined;
}

/** Collects the folders in which destinations of the tree keep events. */
function directoriesOf({ backends }: Pick<TreePlan, 'backends'>, deliveries: Deliveries): Set<string> {
  const directories = new Set<string>();
  const visit = (node: BackendPlan): void => {
    const { directory } = deliveries.settingsFor(node.type, node.delivery);
    if (isDestinationClass(node.type) && directory !== undefined) directories.add(directory);
    node.children.forEach(visit);
  };
  backends.forEach(visit);
  // For destinations that are registered later.
  const { directory } = deliveries.settingsFor(undefined, undefined);
  if (directory !== undefined) directories.add(directory);
  return directories;
}
