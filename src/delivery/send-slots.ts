import type { Batch } from './batch';
import { removeFrom } from './remove-from';

/** The batches that are being sent. There are as many at once as there are slots. */
export class SendSlots {
  private underWay: Batch[] = [];
  /** Number of calls that timed out and have not returned. Each still has its slot. */
  private lingering = 0;

  /** @param onFree called when a call that timed out returns and frees its slot */
  constructor(
    private readonly slots: number,
    private readonly onFree: () => void,
  ) {}

  get hasFree(): boolean {
    return this.underWay.length + this.lingering < this.slots;
  }

  /** True if no batch is being sent. */
  get isEmpty(): boolean {
    return this.underWay.length === 0;
  }

  begin(batch: Batch): void {
    this.underWay.push(batch);
  }

  /** True if the batch was begun, and not ended. */
  has(batch: Batch): boolean {
    return this.underWay.includes(batch);
  }

  /**
   * Ends a batch and frees its slot.
   * @returns true if the batch was being sent
   */
  end(batch: Batch): boolean {
    return removeFrom(this.underWay, batch);
  }

  /** Keeps a slot in use until a call returns. */
  linger(call: Promise<void>): void {
    this.lingering++;
    void call.then(() => {
      this.lingering--;
      this.onFree();
    });
  }

  takeAll(): Batch[] {
    return this.underWay.splice(0);
  }

  [Symbol.iterator](): IterableIterator<Batch> {
    return this.underWay[Symbol.iterator]();
  }
}
