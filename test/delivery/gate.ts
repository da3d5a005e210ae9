import type { Destination, Rejection, StoredEvent } from '../../src';

/** How a destination behaves at one call of `sendBatch`. */
export type Behaviour = (events: readonly StoredEvent[], signal: AbortSignal) => Promise<readonly Rejection[] | void>; // eslint-disable-line @typescript-eslint/no-invalid-void-type -- as in Destination

/** A destination that does what the test says, and keeps what it was sent. */
export class Gate implements Destination {
  readonly readsOnly = true;
  readonly batches: (readonly StoredEvent[])[] = [];
  readonly taken: StoredEvent[] = [];
  /** Calls that have not ended. */
  underWay = 0;
  mostUnderWay = 0;
  behave: Behaviour = () => Promise.resolve();

  async sendBatch(events: readonly StoredEvent[], signal: AbortSignal): Promise<readonly Rejection[]> {
    this.batches.push(events);
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      const rejections = (await this.behave(events, signal)) ?? [];
      const refused = new Set(rejections.map(({ index }) => index));
      this.taken.push(...events.filter((_, index) => !refused.has(index)));
      return rejections;
    } finally {
      this.underWay--;
    }
  }

  get names(): string[] {
    return this.taken.map(({ name }) => name);
  }
}
