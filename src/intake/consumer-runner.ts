import type { Notices } from '../common/notices';
import type { TrackerScopes } from '../context/tracker-scopes';
import type { Deliveries } from '../delivery/deliveries';
import type { Normalizer } from '../event/normalizer';
import { ConsumerLedger } from '../ledger/consumer-ledger';
import type { ConsumerCounts } from '../ledger/counts';
import { BusIntake } from './bus-intake';
import type { EventHandler } from './handler-calls';
import type { ConsumerHost, EventConsumer } from './event-consumer';
import type { NodeWork } from '../routing/queued-backend';
import type { Processing } from '../routing/processing';
import type { QueueProbe } from '../routing/queue-probe';
import type { ConsumerPlan } from './tracker-plan';

export interface ConsumerRunnerParts {
  /** Name of the tracker. */
  readonly tracker: string;
  readonly notices: Pick<Notices, 'once' | 'warn' | 'tell'>;
  readonly scopes: TrackerScopes;
  readonly normalizer: Normalizer;
  readonly processing: Processing;
  /** Returns the nodes that get the events of consumers. */
  readonly works: () => readonly NodeWork[];
  /** Work that passes events to the root of the tree, for consumers whose events enter there. */
  readonly rootWork: NodeWork;
  readonly keepLetter: Deliveries['keepLetter'];
}

interface RunningConsumer {
  readonly instance: EventConsumer;
  readonly intake: BusIntake;
  readonly ledger: ConsumerLedger;
  readonly host: ConsumerHost;
}

const DEDUPE_WINDOW_MS = 600_000;
const HANDLER_ATTEMPTS = 5;

/**
 * Runs the consumers of one tracker: gives each its own intake and counters, starts them together,
 * and closes them in two steps, with the children of the tree in between.
 *
 * An error of one consumer, which may be the application's own class, never keeps the others from
 * ending.
 */
export class ConsumerRunner {
  private readonly consumers: RunningConsumer[] = [];
  private handlers: () => readonly EventHandler[] = () => [];

  constructor(private readonly parts: ConsumerRunnerParts) {}

  get count(): number {
    return this.consumers.length;
  }

  add(plan: Pick<ConsumerPlan, 'name' | 'place' | 'settings'>, instance: EventConsumer): void {
    const { name, place } = plan;
    const { notices, tracker } = this.parts;
    const ledger = new ConsumerLedger(name);
    const intake = this.intake(plan, ledger, instance.entersAtRoot === true);
    const host: ConsumerHost = {
      ...{ place, tracker, name, intake },
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
    this.consumers.push({ instance, intake, ledger, host });
  }

  /**
   * Starts all consumers.
   * @param handlers returns the handlers of the application; called for each event, since modules
   * may be loaded later
   */
  begin(handlers: () => readonly EventHandler[]): void {
    this.handlers = handlers;
    for (const { instance, host } of this.consumers) instance.begin(host);
  }

  /**
   * Stops reading. Resolves when all entries that were read are done, or cannot be done before
   * `stop`.
   */
  async end(timeoutMs: number): Promise<void> {
    await Promise.allSettled(
      this.consumers.map(async ({ instance, intake }) => {
        await instance.end(timeoutMs);
        await intake.whenAtRest();
      }),
    );
  }

  /** Lets the consumers look for entries that this process has added itself. */
  wake(): void {
    for (const { instance } of this.consumers) instance.wake?.();
  }

  /** Stops passing events to the nodes and handlers. */
  stop(): void {
    this.parts.rootWork.stop();
    for (const { intake } of this.consumers) intake.stop();
  }

  /** Lets the consumers acknowledge finished entries and release their resources. */
  async close(): Promise<void> {
    await Promise.allSettled(this.consumers.map(async ({ instance }) => instance.close()));
  }

  counts(): ConsumerCounts[] {
    return this.consumers.map(({ ledger, instance }) => ledger.counts(instance.lag?.()));
  }

  /** Returns what asks the bus of each consumer for its state, by the name of the consumer. */
  probes(): Map<string, QueueProbe | undefined> {
    return new Map(this.consumers.map(({ host, instance }) => [host.name, instance.probe?.()]));
  }

  private intake(
    { name, place, settings }: Pick<ConsumerPlan, 'name' | 'place' | 'settings'>,
    ledger: ConsumerLedger,
    entersAtRoot: boolean,
  ): BusIntake {
    const { notices, scopes, normalizer, processing, rootWork, keepLetter } = this.parts;
    const works = entersAtRoot ? () => [rootWork] : this.parts.works;
    const { dedupeWindowMs = DEDUPE_WINDOW_MS, handlerAttempts = HANDLER_ATTEMPTS } = settings;
    return new BusIntake({
      ...{ name, scopes, normalizer, processing, ledger, dedupeWindowMs, handlerAttempts, works },
      handlers: () => (entersAtRoot ? [] : this.handlers()),
      keepLetter: (event, reason, origin) => {
        keepLetter(`consumer:${name}`, event, reason, origin); // no node can have that path
      },
      warn: (key, text) => {
        notices.once(key, () => `${place}: ${text()}`);
      },
    });
  }
}
