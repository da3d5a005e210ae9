import type { ConsumerCounts } from './counts';

/** Keeps the counters of one consumer. Its methods are verbs; each records one outcome. */
export class ConsumerLedger {
  private received = 0;
  private settled = 0;
  private duplicates = 0;
  private deadLettered = 0;
  private returned = 0;
  private missed = 0;
  private restarts = 0;

  constructor(private readonly name: string) {}

  receive(entries: number): void {
    this.received += entries;
  }

  settle(): void {
    this.settled++;
  }

  repeat(): void {
    this.duplicates++;
  }

  bury(): void {
    this.deadLettered++;
  }

  giveBack(): void {
    this.returned++;
  }

  miss(entries: number): void {
    this.missed += entries;
  }

  restart(): void {
    this.restarts++;
  }

  counts(lag: number | undefined): ConsumerCounts {
    const { name, received, settled, duplicates, deadLettered, returned, missed, restarts } = this;
    const pending = received - settled - duplicates - deadLettered - returned;
    return { name, received, settled, duplicates, deadLettered, returned, pending, missed, restarts, lag };
  }
}
