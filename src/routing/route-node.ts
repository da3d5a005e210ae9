import type { OutcomeClaim } from '../delivery/outcome-claim';
import { isConfigured, isLoss, type DropReason } from '../ledger/reasons';
import type { NodeCounts } from '../ledger/counts';
import type { NodeLedger } from '../ledger/node-ledger';
import type { Envelope } from '../event/envelope';
import { describeError } from '../event/normal-form';
import type { Notices } from '../common/notices';
import type { TrackingEvent } from '../event/tracking-event';
import type { OutcomeListener } from './confirmation';
import type { EnvelopeBackend } from './contracts';
import type { Processing } from './processing';
import { Buried, isPromise, type ProcessorStep } from './processor-step';
import type { NodeChildren, NodeWork, QueuedBackend } from './queued-backend';
import { RoutingBackend } from './routing.backend';
import { observedSteps } from './observed-steps';
import type { NodeObserver, ObservedNode } from './node-observer';
import { DestinationSink } from './destination-sink';
import { runSteps } from './run-steps';

export interface NodeHost {
  /** Place of the backend in the configuration: `backends.caliper (RoutingBackend)`. */
  readonly place: string;
  readonly ledger: NodeLedger;
  readonly notices: Notices;
  readonly processing: Processing;
  /** Object that accepts the events instead of the backend: the delivery of a destination. */
  readonly sink?: EnvelopeBackend | undefined;
  /** Present for a routing backend that has a queue before its children. */
  readonly queued?: QueuedPart | undefined;
}

/** Passes an event to the backend of a node, as `EnvelopeBackend.accept` describes. */
type Taker = (envelope: Envelope, claim: OutcomeClaim | undefined) => DropReason | undefined;

/** Queue of a node whose events are queued before its children get them. */
export interface QueuedPart {
  readonly backend: QueuedBackend;
  readonly work: NodeWork;
}

/**
 * Runs one node of the tree: its processors in order, then its children or its backend.
 *
 * Every event is counted as passed or dropped by the time `receive` returns, whatever happens in
 * between. Near the end of the stack any call may throw. There the node counts by plain assignment,
 * and the tracker reports the overflow when the stack has space again.
 */
export class RouteNode implements NodeChildren, ObservedNode {
  readonly steps: ProcessorStep[];
  readonly children: RouteNode[];
  readonly ledger: NodeLedger;
  /**
   * True if the children get an event at once; false if the backend, or the queue before the
   * children, gets it.
   */
  private readonly handsOn: boolean;
  /** Reason for dropping events while there is no child to pass them to. */
  reasonWithoutChildren: 'no-backend' | 'switched-off' = 'no-backend';

  /** @param backend the instance that Nest built, or that was registered at run time */
  constructor(
    readonly name: string,
    readonly backend: object,
    steps: readonly ProcessorStep[],
    children: readonly RouteNode[],
    private readonly host: NodeHost,
  ) {
    this.ledger = host.ledger;
    this.steps = [...steps];
    this.children = [...children];
    this.handsOn = backend instanceof RoutingBackend && host.queued === undefined;
    this.take = this.takerOf(backend);
  }

  private readonly take: Taker;

  /**
   * Object that accepts the events; undefined for an application's own backend, which gets them one
   * by one.
   */
  get sink(): EnvelopeBackend | undefined {
    return this.host.sink ?? asEnvelopeBackend(this.backend);
  }

  get queued(): QueuedPart | undefined {
    return this.host.queued;
  }

  get endsAs(): ObservedNode['endsAs'] {
    if (this.handsOn) return undefined;
    return this.sink instanceof DestinationSink ? 'queued' : 'delivered';
  }

  /** Places of the processors in the configuration. Steps of the node itself are left out. */
  stepPlaces(): string[] {
    return this.steps.map(({ place }) => place).filter((place) => place !== this.standsAt);
  }

  get path(): string {
    return this.ledger.path;
  }

  /** Place of the node in the configuration. */
  get standsAt(): string {
    return this.host.place;
  }

  /**
   * Processes one event. Throws only if the stack has no space for the call: then nothing was
   * counted.
   */
  receive(envelope: Envelope, confirmation: OutcomeListener | undefined): void {
    const { ledger } = this;
    const { observer } = this.host.processing;
    ledger.received++;
    let isCounted = false;
    try {
      if (observer !== undefined) observer.entered(this, envelope);
      const refused = this.route(envelope, confirmation, observer);
      if (refused === undefined) ledger.passed++;
      else ledger.drop(refused);
      isCounted = true;
      if (observer !== undefined) observer.left(this, envelope, refused);
      if (refused !== undefined) this.reportDrop(refused, confirmation);
      else if (confirmation !== undefined && !this.handsOn) confirmation.accepted(this.path);
    } catch (error) {
      if (!isCounted) ledger.overflowed++;
      this.host.processing.hasOverflowed = true;
      if (confirmation !== undefined) confirmation.failure = { error };
    }
  }

  /**
   * Adds a child in last position, or replaces the child of the same name in its position.
   * @returns the child that was replaced
   */
  place(child: RouteNode): RouteNode | undefined {
    const at = this.children.findIndex(({ name }) => name === child.name);
    if (at < 0) {
      this.children.push(child);
      return undefined;
    }
    return this.children.splice(at, 1, child)[0];
  }

  /** Yields this node and all nodes below it, in the order in which they receive. */
  *all(): Generator<RouteNode> {
    yield this;
    for (const child of this.children) yield* child.all();
  }

  /**
   * Yields the nodes, from this one down, where an event received now may end: a backend, or a
   * routing node without children. A node with a queue is an end too; its children are not
   * included.
   */
  *reached(): Generator<RouteNode> {
    if (!this.handsOn || this.children.length === 0) yield this;
    else for (const child of this.children) yield* child.reached();
  }

  childSinks(): readonly EnvelopeBackend[] {
    return this.children.flatMap((child) => [...child.reached()].flatMap(({ sink }) => sink ?? []));
  }

  counts(): NodeCounts {
    const counts = this.ledger.counts(this.sink?.delivery?.());
    const { queued } = this.host;
    if (queued === undefined) return counts;
    const queue = queued.backend.queue.counts?.();
    return { ...counts, work: queued.work.counts(), ...(queue === undefined ? {} : { queue }) };
  }

  private route(
    envelope: Envelope,
    confirmation: OutcomeListener | undefined,
    observer: NodeObserver | undefined,
  ): DropReason | undefined {
    const { steps } = this;
    try {
      const current =
        observer === undefined ? runSteps(steps, envelope) : observedSteps(steps, envelope, this, observer);
      if (typeof current === 'string') return current;
      // Not reached: 'dead-letter' is an error at start for a node without a queue.
      if (current instanceof Buried) return 'processor-failed';
      if (this.handsOn) {
        if (this.children.length === 0) return this.reasonWithoutChildren;
        this.handOn(current, confirmation);
        return undefined;
      }
      return this.take(current, confirmation === undefined ? undefined : this.claimOf(confirmation));
    } catch (error) {
      this.reportFailure(error);
      return 'backend-failed';
    }
  }

  private claimOf(confirmation: OutcomeListener): OutcomeClaim | undefined {
    return confirmation.needsClaim?.(this.path) === false ? undefined : confirmation.claim(this.path);
  }

  /** Passes the event to the children, in order. */
  handOn(envelope: Envelope, confirmation: OutcomeListener | undefined): void {
    const { children } = this;
    // Iterates by index: a backend registered while this event is processed must not skip or repeat
    // a child.
    for (let at = 0; at < children.length; at++) {
      const child = children[at] as RouteNode;
      try {
        child.receive(envelope, confirmation);
      } catch (error) {
        child.ledger.received++;
        child.ledger.overflowed++;
        this.host.processing.hasOverflowed = true;
        if (confirmation !== undefined) confirmation.failure = { error };
      }
    }
  }

  private reportFailure(error: unknown): void {
    const { place, notices } = this.host;
    notices.once(
      `failed ${place}`,
      () =>
        `${place} failed: ${describeError(error)}. The event is dropped here ('backend-failed'), the other backends got it. ` +
        '(Logged once; the ledger counts on.)',
    );
  }

  private takerOf(backend: object): Taker {
    const { place, processing, notices } = this.host;
    const shipped = this.sink;
    if (shipped !== undefined) {
      shipped.attach?.(place, notices);
      if (shipped.callsApplication !== true) return (envelope, claim) => shipped.accept(envelope, claim);
      return (envelope, claim) =>
        processing.run(envelope.id, envelope.depth, place, () => shipped.accept(envelope, claim));
    }
    // Unknown: it may return a promise.
    const application = backend as { send(event: TrackingEvent): unknown };
    return (envelope, claim) => {
      const copy = envelope.copy();
      const sent = processing.run(envelope.id, envelope.depth, place, () => application.send(copy));
      if (isPromise(sent)) return this.refusePromise(sent);
      claim?.onOutcome('delivered');
      return undefined;
    };
  }

  private refusePromise(sent: PromiseLike<unknown>): DropReason {
    // Without a handler, its rejection would end the process as an unhandled rejection.
    sent.then(undefined, () => undefined);
    const { place, notices } = this.host;
    notices.once(
      `async-backend ${place}`,
      () =>
        `${place} returned a promise from send, so the result is unknown; its events are counted as dropped ` +
        "('async-backend'). Fix: let send return at once and pass the event to your own sender.",
    );
    return 'async-backend';
  }

  /**
   * Logs each kind of loss once. Where the cause was logged in more detail already, this line adds
   * the reason under which the ledger counts it.
   */
  private reportLoss(reason: DropReason): void {
    const { place, notices } = this.host;
    notices.once(
      this.lossKey(reason),
      () => `${place} drops events: '${reason}'. ${LOSSES[reason] ?? ''}(Logged once; the ledger counts on.)`,
    );
  }

  /** Returns the key under which a loss at this node is logged once. */
  lossKey(reason: DropReason): string {
    return `lost ${reason} ${this.host.place}`;
  }

  private reportDrop(reason: DropReason, confirmation: OutcomeListener | undefined): void {
    if (isLoss(reason)) this.reportLoss(reason);
    if (confirmation === undefined) return;
    const outcome = isConfigured(reason) ? 'filtered' : 'dropped';
    for (const node of this.reached()) confirmation.settle(node.path, outcome, reason);
  }
}

/** Advice for the operator about losses that no other message explains. */
const LOSSES: Readonly<Record<string, string>> = {
  'too-large': 'The event has more bytes than maxEventBytes, or than maxHeldBytes. Fix: raise that, or emit less. ',
  'no-backend': 'It has no backends below it. Fix: give it some: backends: { tracking_logs: backend(LoggerBackend) }. ',
  'log-unwritable': 'More lines wait for the file than maxHeldBytes. Fix: make the file writable. ',
};

export function asEnvelopeBackend(backend: object): EnvelopeBackend | undefined {
  return typeof (backend as Partial<EnvelopeBackend>).accept === 'function' ? (backend as EnvelopeBackend) : undefined;
}
