import type { Socket } from 'node:net';
import { Inject } from '@nestjs/common';
import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import type { Queue } from 'bull';
import type { QueueDescription } from '../../queues/async-routing-options';
import { BullSender } from './bull-sender';
import { getQueueToken } from './peers';
import { CLUSTER_FIX, hasHashTag, usesCluster } from './redis-cluster';
import { QueueWatch } from './queue-watch';
import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { QueueCounts } from '../../ledger/counts';
import type { QueuedEvent } from '../../delivery/queued-event';
import type { CarrierHost, EventCarrier } from '../../queues/event-carrier';
import type { QueueProbe } from '../../routing/queue-probe';
import { getBackendToken } from '../../routing/tokens';
import { OptionChecker } from '../../common/option-checker';
import type { OptionRules } from '../../common/option-place';
import { number, text } from '../../common/option-rules';
import { showIdentifier, TrackingConfigException } from '../../common/tracking-config.exception';
import { BullHub } from './bull-hub';
import { answers } from './bull-internals';
import { bullProbe } from './bull-probe';
import type { BullWorker, WorkerOptions } from './bull-worker';

export interface BullQueueOptions {
  /**
   * Number of jobs that one worker process handles at once, each with up to
   * `delivery.batch.maxEvents` events. 1 keeps their order if there is only one worker.
   * @default 4
   */
  readonly concurrency?: number | undefined;
  /**
   * Number of times that a job returns to the queue because this worker cannot process it: its node
   * is not present, or its format is newer. A worker of another version may then take it. It
   * returns after 1 s, 2 s, 4 s and so on up to 60 s, in total about an hour. Then its events
   * become dead letters. With 0 this happens at once.
   * @default 60
   */
  readonly unclaimedTries?: number | undefined;
}

const NAME = text();
const RULES: OptionRules<BullQueueOptions> = {
  concurrency: number({ min: 1, mayBeInfinite: true }),
  unclaimedTries: number({ min: 0, mayBeInfinite: true }),
};

/**
 * Describes the queue that `BullModule.registerQueue({ name })` registers. The registration must be
 * in the imports of the node: there, the queue outlives the node at shutdown.
 */
export function bullQueue(name: string, options: BullQueueOptions = {}): QueueDescription {
  const check = new OptionChecker('bullQueue()', { example: "bullQueue('tracking')" });
  NAME.check(name, check.at('name'));
  const { concurrency = 4, unclaimedTries = 60 } = check.read(options, RULES);
  check.throwIfAny();
  return {
    kind: 'queue',
    open: (moduleRef, isProcessed) => new BullCarrier(name, { concurrency, unclaimedTries }, isProcessed, moduleRef),
  };
}

class BullCarrier implements EventCarrier {
  /** Sends one job at a time, so that the order is kept up to the queue. */
  readonly delivery: DeliveryOptions = { batch: { maxWaitMs: 100 }, ordered: true };
  readonly isLocal = false;
  readonly takesRaw = true;
  readonly sendsText = true;
  private readonly injected: Promise<Queue>;
  private queue: Queue | undefined;
  private watch: QueueWatch | undefined;
  private sender: BullSender | undefined;
  private worker: BullWorker | undefined;
  private work: CarrierHost['work'] | undefined;

  constructor(
    private readonly name: string,
    private readonly workerOptions: WorkerOptions,
    private readonly isProcessed: boolean,
    private readonly moduleRef: ModuleRef,
  ) {
    this.injected = injectQueue(name, moduleRef);
    this.injected.catch(() => undefined); // awaited by `open`
  }

  async open(): Promise<void> {
    this.queue = await this.injected;
  }

  attach(host: CarrierHost): void {
    const { queue, isProcessed } = this;
    const { tracker, path, place, work } = host;
    if (queue === undefined) {
      refuse(place, `its queue "${this.name}" was not opened.`, 'await app.init() before events are emitted');
    }
    if (isOnlyGlobal(this.moduleRef, getBackendToken(path, tracker), getQueueToken(this.name))) {
      refuse(
        place,
        `its queue "${this.name}" is found only through a global module, which closes it before the last events are in it.`,
        `give the node { imports: [BullModule.registerQueue({ name: '${this.name}' })] }, the same object that other modules import`,
      );
    }
    if (usesCluster(queue) && !hasHashTag(queue)) {
      const what = `its queue "${this.name}" is in a Redis Cluster, and its keys are in different slots: no job could be added.`;
      refuse(place, what, CLUSTER_FIX);
    }
    this.work = work;
    this.watch = new QueueWatch(queue, host);
    this.sender = new BullSender(queue, this.watch, { tracker, path, isProcessed });
    const hub = BullHub.of(this.moduleRef);
    hub.nodes.add(host);
    this.worker = hub.workerOf(queue, this.workerOptions, host);
    this.watch.begin();
  }

  async send(entries: readonly QueuedEvent[]): Promise<undefined> {
    await this.sender?.send(entries);
    return undefined;
  }

  beginWork(): void {
    this.worker?.begin();
  }

  async endWork(): Promise<void> {
    await this.worker?.end();
    await this.work?.whenAtRest();
  }

  async giveBack(): Promise<void> {
    await this.worker?.giveBack();
    this.watch?.end();
  }

  counts(): QueueCounts | undefined {
    return this.watch?.read();
  }

  probe(): QueueProbe | undefined {
    return this.queue && bullProbe(this.queue);
  }

  /**
   * Closes the connections if Redis does not respond. Bull would wait for its replies and keep the
   * process from ending.
   */
  async close(): Promise<void> {
    const { queue } = this;
    if (queue === undefined || (await answers(queue))) return;
    // Runs first. Otherwise Bull treats the closed connections as an outage and reconnects later.
    const isClosed = queue.close(true);
    // Removed from Bull, which waits for each connection to end. A connection that is closed while
    // connecting never ends.
    for (const client of queue.clients.splice(0)) {
      const isOpen = client.status === 'ready';
      client.disconnect();
      // ioredis would wait two seconds for the other side to end the connection.
      if (isOpen) (client as unknown as { readonly stream?: Socket }).stream?.destroy();
    }
    await isClosed;
  }
}

/**
 * Injects the queue into a class made for it. Its name is known only at run time, so no constructor
 * parameter can request it.
 */
async function injectQueue(name: string, moduleRef: ModuleRef): Promise<Queue> {
  class Holder {
    constructor(readonly queue: Queue) {}
  }
  Inject(getQueueToken(name))(Holder, undefined, 0);
  try {
    return (await moduleRef.create(Holder)).queue;
  } catch (cause) {
    const shown = showIdentifier(name);
    // Any other name may be the address of a Redis, which Nest quotes.
    const isShown = shown.startsWith('"');
    throw TrackingConfigException.create([
      {
        path: 'AsyncRoutingBackend',
        what: `it needs the queue ${isShown ? shown : `whose name is ${shown}`} of @nestjs/bull, which no module offers.`,
        fix: `give its node { imports: [BullModule.registerQueue({ name: '${isShown ? name : 'tracking'}', redis: 'redis://localhost:6379' })] }`,
        ...(isShown && { cause }),
      },
    ]);
  }
}

/**
 * True if only a global module provides the queue. The hooks of global modules run last at startup
 * and first at shutdown.
 */
function isOnlyGlobal(moduleRef: ModuleRef, node: string, queue: string): boolean {
  const modules = [...moduleRef.get(ModulesContainer, { strict: false }).values()];
  const home = modules.find(({ providers }) => providers.has(node));
  if (home === undefined) return false;
  const seen = new Set([home]);
  for (const module of seen) {
    if (module.providers.has(queue)) return false;
    for (const imported of module.imports) if (!imported.isGlobal) seen.add(imported);
  }
  return true;
}

function refuse(path: string, what: string, fix: string): never {
  throw TrackingConfigException.create([{ path, what, fix }]);
}
