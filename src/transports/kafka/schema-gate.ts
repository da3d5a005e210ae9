import { RetryDelay } from '../../common/retry-delay';
import { within } from '../../common/within';
import type { KafkaListener, KafkaRecord, TopicPartition } from './kafka-reader';
import type { ValueDecoder } from './value-decoder';

const RETRY = { minDelayMs: 200, maxDelayMs: 5000 };
/**
 * Time limit for a response in milliseconds: the application's own registry may not have a timeout.
 */
const ANSWER_MS = 10_000;

export interface GateReports {
  readonly warn: (text: string) => void;
  readonly tell: (text: string) => void;
  /** Signal that is aborted when reading ends. */
  readonly signal: AbortSignal;
}

/**
 * Holds records back from a listener until the schemas they were written with are known. Nothing
 * more is read meanwhile, so the order is kept. Held records are dropped when partitions are
 * assigned: they are read again from the group's position.
 */
export class SchemaGate implements KafkaListener {
  private held: readonly KafkaRecord[] = [];
  private asking: Promise<void> | undefined;

  constructor(
    private readonly listener: KafkaListener,
    private readonly decoder: ValueDecoder,
    private readonly reports: GateReports,
  ) {}

  assigned(partitions: readonly TopicPartition[]): void {
    this.held = [];
    this.listener.assigned(partitions);
  }

  prepare(partitions: readonly TopicPartition[]): Promise<void> {
    return this.listener.prepare(partitions);
  }

  missed(at: TopicPartition, from: bigint, to: bigint): void {
    this.listener.missed(at, from, to);
  }

  restarted(at: TopicPartition, from: bigint, to: bigint): void {
    this.listener.restarted(at, from, to);
  }

  room(): number {
    return this.held.length > 0 ? 0 : this.listener.room();
  }

  whenRoom(): Promise<void> {
    return this.held.length > 0 && this.asking !== undefined ? this.asking : this.listener.whenRoom();
  }

  read(records: readonly KafkaRecord[]): void {
    if (this.decoder.unknownIds(records).length === 0) {
      this.listener.read(records);
      return;
    }
    this.held = records;
    this.asking ??= this.askAndRelease();
  }

  /** Asks for the schemas, with retries, and passes the held records on. Never rejects. */
  private async askAndRelease(): Promise<void> {
    const { decoder, listener, reports } = this;
    const retry = new RetryDelay(RETRY);
    let isFailing = false;
    for (;;) {
      const ids = decoder.unknownIds(this.held);
      if (ids.length === 0 || reports.signal.aborted) break;
      try {
        await this.answered(Promise.all(ids.map((id) => decoder.learn(id))));
        if (isFailing) reports.tell('the schema registry answers again');
        isFailing = false;
        retry.reset();
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have aborted
        if (reports.signal.aborted) break;
        if (!isFailing)
          reports.warn(
            `the schema registry does not answer (${error instanceof Error ? error.message : 'no reason given'}). Events wait in Kafka until it does. Fix: check the registry of the consumer.`,
          );
        isFailing = true;
        await retry.wait(reports.signal);
      }
    }
    const { held } = this;
    this.held = [];
    this.asking = undefined;
    if (held.length > 0 && !reports.signal.aborted) listener.read(held);
  }

  private async answered(asking: Promise<unknown>): Promise<void> {
    const { signal } = this.reports;
    await within({ timeoutMs: ANSWER_MS, signal, keepsAlive: false }, asking, () => {
      throw new Error(`no answer within ${String(ANSWER_MS)} ms`);
    });
  }
}
