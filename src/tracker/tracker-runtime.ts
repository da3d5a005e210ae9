import { TrackingDeadLetters } from '../delivery/tracking-dead-letters';
import { OutboxWriter } from '../outbox/outbox-writer';
import { rootWork } from './root-work';
import { TrackingLedger } from '../ledger/tracking-ledger';
import type { EventHandler } from '../intake/handler-calls';
import type { EventConsumer } from '../intake/event-consumer';
import { growTree, rootNode, type TreeHost } from '../routing/grow-tree';
import type { NodeSettings } from '../routing/node-modules';
import type { QueueProbe } from '../routing/queue-probe';
import type { TrackerPlan } from '../intake/tracker-plan';
import { CatalogGate, type CatalogGateParts } from './catalog-gate';
import { CatalogPublisher } from './catalog-publisher';
import { reportLosses, reportLostLetters } from './closing-report';
import { ConsumerRunner, type ConsumerRunnerParts } from '../intake/consumer-runner';
import type { EmitConfirmation } from './emit-confirmation';
import { Emitter } from './emitter';
import { directoriesOf } from './plan-directories';
import { RunningTree } from './running-tree';
import type { RuntimeOptions } from './runtime-options';
import type { TransactionOptions } from './transaction-options';
import { createTrackerParts, type TrackerParts } from './tracker-parts';
import { TreeShutdown } from './tree-shutdown';

/** Part of the shutdown time for which closing waits for open transactions. */
const TRANSACTIONS_SHARE = 0.25;

/**
 * Starts and closes one tracker: its tree, its consumers and the publishing of its catalog.
 *
 * States: `starting` (events wait, up to `maxEarlyEvents`) -> `ready` (events go into the tree) ->
 * `closed` (events still go into the tree: each backend decides which events it accepts). A
 * disabled tracker is `off` permanently. `start` moves it to `ready`, `close` to `closed`; nothing
 * else changes the state.
 */
export class TrackerRuntime {
  readonly parts: TrackerParts;
  readonly tree: RunningTree;
  readonly gate: CatalogGate;
  readonly ledger: TrackingLedger;
  readonly deadLetters: TrackingDeadLetters;
  /**
   * True once the whole application has started. A context entered outside a scope from then on is
   * probably not meant for all events.
   */
  isServing = false;
  private closing: Promise<void> | undefined;
  private state: 'starting' | 'ready' | 'closed' | 'off';
  private readonly emitter: Emitter;
  private readonly consumers: ConsumerRunner;
  private readonly publisher: CatalogPublisher | undefined;

  /** @param tracker the tracker that `currentTracker()` returns */
  constructor(
    tracker: object,
    private readonly options: RuntimeOptions,
  ) {
    const { catalog, clock, documentation, maxEarlyEvents, validation } = options;
    const parts = createTrackerParts(tracker, options);
    const { counters, deliveries, failures, ids, normalizer, notices, processing, scopes } = parts;
    const root = rootNode(treeHost(parts));
    const receive: CatalogGateParts['receive'] = (envelope) => {
      root.receive(envelope, undefined);
    };
    this.state = options.enabled ? 'starting' : 'off';
    this.parts = parts;
    this.tree = new RunningTree(root);
    this.gate = new CatalogGate({
      ...{ catalog, validation, documentation },
      ...{ counters, deliveries, failures, normalizer, notices, receive },
    });
    this.emitter = new Emitter({
      ...{ clock, maxEarlyEvents, root, gate: this.gate, transactions: options.transactions },
      outbox: new OutboxWriter(options.name, options.transactions?.outbox ?? {}),
      onStored: () => {
        this.consumers.wake();
      },
      ...{ counters, ids, normalizer, notices, processing, scopes },
    });
    this.consumers = new ConsumerRunner(consumerParts(parts, this.tree));
    this.publisher =
      documentation === true && catalog
        ? new CatalogPublisher(catalog.document, { ids, normalizer, notices })
        : undefined;
    this.deadLetters = new TrackingDeadLetters(deliveries);
    this.ledger = new TrackingLedger({
      counts: () => {
        const { waiting, transactions } = this.emitter;
        return counters.counts(waiting, deliveries.forgottenStrays(), transactions.held);
      },
      nodes: () => this.tree.counts(),
      consumers: () => this.consumers.counts(),
      watch: (listener) => deliveries.watch(listener),
      measure: (listener) => deliveries.measure(listener),
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
   * Claims the directories that the tree needs before it is built. A disk that cannot be used is
   * reported, and the start continues.
   */
  async prepare(plan: TrackerPlan): Promise<void> {
    const { deliveries } = this.parts;
    if (this.state === 'starting') await deliveries.claim(directoriesOf(plan, deliveries));
  }

  /**
   * Builds the tree and sends the events that were emitted before.
   * @param find returns the instance under a token
   * @param off tokens of the nodes that their factories switched off
   */
  start(plan: TrackerPlan, find: (token: string) => unknown, off: NodeSettings['off']): void {
    if (this.state !== 'starting') return;
    this.tree.retire(growTree(this.tree.root, plan, find, off, treeHost(this.parts)));
    for (const each of plan.consumers) {
      if (!off.has(each.token)) this.consumers.add(each, find(each.token) as EventConsumer);
    }
    this.state = 'ready';
    this.emitter.open();
  }

  /**
   * Sends one event. Throws only if the stack has no capacity to enter it; nothing was counted
   * then.
   * @returns the event id; undefined if tracking is off, or if the event was lost before it had an
   * id
   */
  emit(name: unknown, data: unknown, confirmation?: EmitConfirmation): string | undefined {
    return this.state === 'off' ? undefined : this.emitter.emit(name, data, confirmation);
  }

  /** Runs `body` in a transaction; see TrackerService. */
  async transaction<Result>(
    body: () => Result | PromiseLike<Result>,
    options: TransactionOptions | undefined,
  ): Promise<Result> {
    if (this.state === 'off') return body();
    const { ignoresOutbox } = this.options;
    return this.emitter.transactions.run(body, ignoresOutbox === true ? { ...options, outbox: undefined } : options);
  }

  /** Runs `body` as if no transaction were open. */
  outsideTransaction<Result>(body: () => Result): Result {
    return this.emitter.transactions.outside(body);
  }

  /** Returns what asks the bus of each consumer for its state, by the name of the consumer. */
  consumerProbes(): ReadonlyMap<string, QueueProbe | undefined> {
    return this.consumers.probes();
  }

  /**
   * Starts to take events from the queues and buses outside this process.
   * @param handlers returns the handlers of the application; called for each event, since modules
   * may be loaded later
   */
  beginWork(handlers: () => readonly EventHandler[]): void {
    if (this.state !== 'ready') return;
    for (const { backend } of this.tree.queues()) backend.queue.beginWork?.();
    this.consumers.begin(handlers);
  }

  /** Starts to publish the catalog to the backends that can keep it, if `documentation` is true. */
  beginDocumenting(): void {
    if (this.state === 'ready') this.publisher?.begin(this.tree.nodes());
  }

  /**
   * Writes events held in memory to disk, if there is one, and from now on all new events too. The
   * shutdown has begun, and SIGKILL may arrive before `close` is done.
   */
  persist(): void {
    if (this.state === 'ready') for (const backend of this.tree.writers()) backend.persist?.();
  }

  /**
   * Writes the held events, and logs any losses. A second call waits for the first one, since an
   * application may be closed while it closes.
   */
  close(): Promise<void> {
    return (this.closing ??= this.drainAndReport());
  }

  /** Writes held events at the exit of the process, where nothing can be awaited. */
  flushSync(): void {
    const { name, deliveries, notices } = this.parts;
    deliveries.whileExiting(() => {
      for (const backend of this.tree.writers()) backend.flushSync?.();
    });
    reportLostLetters(name, deliveries, notices);
  }

  private async drainAndReport(): Promise<void> {
    if (this.state === 'off') return;
    const { name, deliveries, notices } = this.parts;
    this.emitter.close();
    const deadline = performance.now() + this.options.shutdownTimeoutMs;
    await deliveries.readyHomes();
    await this.emitter.transactions.close(this.options.shutdownTimeoutMs * TRANSACTIONS_SHARE);
    this.persist();
    this.state = 'closed';
    const isPublished = this.publisher?.close();
    await new TreeShutdown(this.tree, this.consumers, deadline).run();
    await deliveries.close();
    await isPublished;
    reportLosses(name, this.ledger, notices);
    reportLostLetters(name, deliveries, notices);
  }
}

/** Returns the parts that nodes of the tree get, and no more than these. */
function treeHost(parts: TrackerParts): TreeHost {
  const { name, notices, processing, deliveries, scopes, normalizer } = parts;
  return { name, notices, processing, deliveries, scopes, normalizer };
}

function consumerParts(parts: TrackerParts, tree: RunningTree): ConsumerRunnerParts {
  const { name: tracker, notices, scopes, normalizer, processing, deliveries } = parts;
  return {
    ...{ tracker, notices, scopes, normalizer, processing },
    rootWork: rootWork(parts, tree.root),
    works: () => tree.queues().flatMap(({ backend, work }) => (backend.isOnBus ? work : [])),
    keepLetter: (path, event, reason, origin) => {
      deliveries.keepLetter(path, event, reason, origin);
    },
  };
}
