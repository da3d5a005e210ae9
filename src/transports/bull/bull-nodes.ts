import type { CarrierHost } from '../../queues/event-carrier';

/** Nodes of one application that can receive jobs. */
export class BullNodes {
  private readonly nodes = new Map<string, CarrierHost>();

  add(node: CarrierHost): void {
    this.nodes.set(keyOf(node.tracker, node.path), node);
  }

  find(tracker: string, path: string): CarrierHost | undefined {
    return this.nodes.get(keyOf(tracker, path));
  }

  /** Lists every node, for messages to the operator. */
  list(): string {
    return [...this.nodes.values()].map(({ tracker, path }) => `"${path}" of tracker "${tracker}"`).join(', ');
  }

  /** Returns a node that keeps jobs whose node is not present: one of that tracker if possible. */
  keeperFor(tracker: string): CarrierHost | undefined {
    const all = [...this.nodes.values()];
    return all.find((node) => node.tracker === tracker) ?? all[0];
  }
}

function keyOf(tracker: string, path: string): string {
  return `${tracker}\n${path}`;
}
