/** Where one event ended at one backend. `filtered` covers every wish of the configuration that it should not get there. */
export type Destined = 'delivered' | 'stored' | 'filtered' | 'pending' | 'dropped' | 'dead-lettered' | 'timeout';

/** Collects, for one event, what becomes of it at each backend. */
export class Confirmation {
  private readonly destinations = new Map<string, Destined>();
  private waits: Promise<void>[] = [];

  settle(path: string, outcome: Destined): void {
    this.destinations.set(path, outcome);
  }

  /** For a backend that accepted the event and writes it later. */
  await(path: string, outcome: Promise<Destined>): void {
    this.settle(path, 'pending');
    this.waits.push(
      outcome.then(
        (where) => {
          this.settle(path, where);
        },
        () => {
          this.settle(path, 'dropped');
        },
      ),
    );
  }

  /** For an event that waits to be sent at all. @returns to be called once it was */
  hold(): () => void {
    let release = (): void => undefined;
    this.waits.push(new Promise((resolve) => (release = resolve)));
    return release;
  }

  /** Resolves when no backend is pending any more. */
  async settled(): Promise<void> {
    while (this.waits.length > 0) {
      const { waits } = this;
      this.waits = [];
      await Promise.all(waits);
    }
  }

  /** What is known by now, in the order of the tree. */
  table(): Record<string, Destined> {
    return Object.fromEntries(this.destinations);
  }
}
