import type { Batch } from './batch';

/** The batches that are being sent, as many at once as there are slots. */
export class SendSlots {
  private underWay = new Set<Batch>();
  /** Calls whose time was over, and that have not returned: each still has its slot. */
  private lingering = 0;

  /** @param onFree told when a call that had lingered gives its slot back */
  constructor(
    private readonly slots: number,
    private readonly onFree: () => void,
  ) {}

  get hasFree(): boolean {
    return this.underWay.size + this.lingering < this.slots;
  }

  /** Whether no batch is under way. */
  get isEmpty(): boolean {
    return this.underWay.size === 0;
  }

  begin(batch: Batch): void {
    this.underWay.add(batch);
  }

  /** Whether the batch was begun, and not ended. */
  has(batch: Batch): boolean {
    return this.underWay.has(batch);
  }

  /** @returns whether it was under way */
  end(batch: Batch): boolean {
    return this.underWay.delete(batch);
  }

  /** Keeps a slot until a call returns. */
  linger(call: Promise<void>): void {
    this.lingering++;
    void call.then(() => {
      this.lingering--;
      this.onFree();
    });
  }

  takeAll(): Batch[] {
    const batches = [...this.underWay];
    this.underWay = new Set();
    return batches;
  }

  [Symbol.iterator](): IterableIterator<Batch> {
    return this.underWay[Symbol.iterator]();
  }
}
