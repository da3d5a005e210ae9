import type { NodeCounts } from '../ledger/counts';
import type { EnvelopeBackend } from '../routing/contracts';
import type { QueuedPart, RouteNode } from '../routing/route-node';
import { flushTree } from './tree-flush';

/** Queue of an AsyncRoutingBackend. */
export interface QueueInTree extends QueuedPart {
  /** Delivery before the queue. */
  readonly sink: EnvelopeBackend | undefined;
}

/**
 * The nodes of one tracker: those that receive events, and those that were replaced while the
 * application runs and still write the events they hold.
 */
export class RunningTree {
  /** Replaced backends, with all their children. */
  private readonly retired: RouteNode[] = [];

  constructor(readonly root: RouteNode) {}

  /** Adds a backend at the root, or replaces the backend with the same name. */
  place(node: RouteNode): void {
    const replaced = this.root.place(node);
    if (replaced !== undefined) this.retire([replaced]);
  }

  /** Keeps replaced backends until they have written the events they hold. */
  retire(replaced: readonly RouteNode[]): void {
    for (const node of replaced) this.retired.push(...node.all());
  }

  /** Yields the backends in the order in which they receive events. */
  *nodes(): Generator<RouteNode> {
    for (const node of this.root.all()) if (node !== this.root) yield node;
  }

  /** Returns the counts of every node: the root first, replaced backends last. */
  counts(): NodeCounts[] {
    const replaced = this.retired
      .map((node) => ({ ...node.counts(), path: `${node.path} (replaced)` }))
      .filter(({ received }) => received > 0);
    return [...[...this.root.all()].map((node) => node.counts()), ...replaced];
  }

  /** Returns the queues, from the top of the tree. */
  queues(): QueueInTree[] {
    return [...this.nodes(), ...this.retired].flatMap(({ queued, sink }) =>
      queued === undefined ? [] : { ...queued, sink },
    );
  }

  /** Returns the queues whose events are processed in this process, from the top of the tree. */
  localQueues(): QueueInTree[] {
    return this.queues().filter(({ backend }) => backend.queue.isLocal);
  }

  /** Returns everything that writes events, including the deliveries before queues. */
  writers(): EnvelopeBackend[] {
    return [...this.nodes(), ...this.retired].flatMap(({ sink }) => sink ?? []);
  }

  /** Returns everything that writes events, except the deliveries before these queues. */
  writersBeside(queues: readonly QueueInTree[]): EnvelopeBackend[] {
    const sinks = new Set(queues.map(({ sink }) => sink));
    return this.writers().filter((writer) => !sinks.has(writer));
  }

  /** Options with which a killed process would lose no events; empty if it loses none already. */
  optionsToHoldNone(): string[] {
    const holding = this.writers().filter(({ holdsEvents }) => holdsEvents === true);
    return [...new Set(holding.map(({ optionToHoldNone = 'no option' }) => optionToHoldNone))];
  }

  /** Resolves when every event emitted before is written, or cannot be written for now. */
  async flush(): Promise<void> {
    const queues = this.localQueues();
    await flushTree(queues, this.writersBeside(queues));
  }
}
