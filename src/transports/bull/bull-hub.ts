import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import type { Queue } from 'bull';
import type { CarrierSurroundings } from '../../routing/queued-routing';
import { BullWorker, type WorkerOptions } from './bull-worker';

/**
 * What the queues of one application share. A job may come through whichever Queue of this application asked first: so it is
 * looked up here for which node it is, not in the node that owns the Queue.
 */
export class BullHub {
  private static readonly hubs = new WeakMap<ModulesContainer, BullHub>();
  private readonly nodes = new Map<string, CarrierSurroundings>();
  private readonly workers = new Map<Queue, BullWorker>();

  /** The one of the application that `moduleRef` is of. */
  static of(moduleRef: ModuleRef): BullHub {
    const container = moduleRef.get(ModulesContainer, { strict: false });
    const hub = BullHub.hubs.get(container) ?? new BullHub();
    BullHub.hubs.set(container, hub);
    return hub;
  }

  add(node: CarrierSurroundings): void {
    this.nodes.set(keyOf(node.tracker, node.path), node);
  }

  find(tracker: string, path: string): CarrierSurroundings | undefined {
    return this.nodes.get(keyOf(tracker, path));
  }

  /** For the operator: every node that jobs can be for. */
  known(): string {
    return [...this.nodes.values()].map(({ tracker, path }) => `"${path}" of tracker "${tracker}"`).join(', ');
  }

  /** One of that tracker, if there is one, to keep what is for none. */
  nearest(tracker: string): CarrierSurroundings | undefined {
    const all = [...this.nodes.values()];
    return all.find((node) => node.tracker === tracker) ?? all[0];
  }

  /** @param options of nodes that share a Queue the first one's count */
  workerOf(queue: Queue, options: WorkerOptions): BullWorker {
    const known = this.workers.get(queue);
    if (known !== undefined) return known;
    const worker = new BullWorker(queue, this, options);
    this.workers.set(queue, worker);
    return worker;
  }
}

function keyOf(tracker: string, path: string): string {
  return `${tracker}\n${path}`;
}
