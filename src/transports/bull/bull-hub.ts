import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import type { Queue } from 'bull';
import type { CarrierSurroundings } from '../../routing/queued-routing';
import { BullWorker, type WorkerOptions } from './bull-worker';

/**
 * Registry of the queues and nodes of one application. A job may arrive through any Queue of this
 * application, so its node is looked up here and not in the node that owns the Queue.
 */
export class BullHub {
  private static readonly hubs = new WeakMap<ModulesContainer, BullHub>();
  private readonly nodes = new Map<string, CarrierSurroundings>();
  private readonly workers = new Map<Queue, BullWorker>();

  /** Returns the hub of the application that `moduleRef` belongs to. */
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

  /** Lists every node that can receive jobs, for messages to the operator. */
  known(): string {
    return [...this.nodes.values()].map(({ tracker, path }) => `"${path}" of tracker "${tracker}"`).join(', ');
  }

  /** Returns a node that keeps jobs whose node is not present: one of that tracker if possible. */
  nearest(tracker: string): CarrierSurroundings | undefined {
    const all = [...this.nodes.values()];
    return all.find((node) => node.tracker === tracker) ?? all[0];
  }

  /**
   * Returns the worker of a Queue, and creates it on the first call.
   * @param options if several nodes share a Queue, the options of the first node apply
   */
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
