import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import type { Queue } from 'bull';
import { BullNodes } from './bull-nodes';
import { BullWorker, type WorkerOptions, type WorkerReports } from './bull-worker';

/**
 * Registry of the queues and nodes of one application. A job may arrive through any Queue of this
 * application, so its node is looked up here and not in the node that owns the Queue.
 */
export class BullHub {
  private static readonly hubs = new WeakMap<ModulesContainer, BullHub>();
  readonly nodes = new BullNodes();
  private readonly workers = new Map<Queue, BullWorker>();

  /** Returns the hub of the application that `moduleRef` belongs to. */
  static of(moduleRef: ModuleRef): BullHub {
    const container = moduleRef.get(ModulesContainer, { strict: false });
    const hub = BullHub.hubs.get(container) ?? new BullHub();
    BullHub.hubs.set(container, hub);
    return hub;
  }

  /**
   * Returns the worker of a Queue, and creates it on the first call. If several nodes share a
   * Queue, the options and the reports of the first node apply.
   */
  workerOf(queue: Queue, options: WorkerOptions, reports: WorkerReports): BullWorker {
    const known = this.workers.get(queue);
    if (known !== undefined) return known;
    const worker = new BullWorker(queue, this.nodes, options, reports);
    this.workers.set(queue, worker);
    return worker;
  }
}
