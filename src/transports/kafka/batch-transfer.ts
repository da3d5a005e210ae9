/**
 * Sends the messages of one batch and records the outcome of each message: accepted, refused, or
 * unknown.
 */
import type { EventRejection } from '../../delivery/destination';
import { describeKafkaError, protocolNames, type KafkaMessage } from './kafka-port';
import { BATCH_HEAD_BYTES, MAX_BATCH_BYTES } from './record-size';

/** Errors by which brokers refuse a request because of its size or the size of an event in it. */
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];
/** Other errors by which brokers refuse an event permanently. */
const INVALID = ['INVALID_RECORD', 'INVALID_TIMESTAMP'];

/** Message with its zero-based position in the batch and its size on the wire in bytes. */
export interface SizedMessage {
  readonly index: number;
  readonly bytes: number;
  readonly message: KafkaMessage;
}

/**
 * Limit that one topic has for the part of a request that goes to one partition, in bytes on the
 * wire. It only ever decreases.
 */
export class SizeLimit {
  bytes = MAX_BATCH_BYTES;

  lowerTo(bytes: number): void {
    this.bytes = Math.min(this.bytes, bytes);
  }
}

/** Outcomes of the messages of one batch. */
export class BatchOutcome {
  private readonly refused: EventRejection[] = [];
  private readonly open: Set<number>;

  constructor(private readonly count: number) {
    this.open = new Set(Array.from({ length: count }, (_, index) => index));
  }

  /** True if no message has a known outcome. */
  get isUnknown(): boolean {
    return this.open.size === this.count;
  }

  take(messages: readonly SizedMessage[]): void {
    for (const { index } of messages) this.open.delete(index);
  }

  refuse({ index }: Pick<SizedMessage, 'index'>, reason: string): void {
    if (this.open.delete(index)) this.refused.push({ index, reason, retryable: false });
  }

  /**
   * Returns the refused messages, and as retryable those without a known outcome.
   * @param reason why the outcome of the latter is unknown
   */
  rejections(reason: string): readonly EventRejection[] {
    const open = [...this.open].map((index): EventRejection => ({ index, reason, retryable: true }));
    return [...this.refused, ...open];
  }
}

export interface TransferParts {
  readonly topic: string;
  readonly limit: SizeLimit;
  readonly outcome: BatchOutcome;
  readonly signal: AbortSignal;
  readonly send: (messages: readonly KafkaMessage[]) => Promise<void>;
}

/**
 * Sends messages of one partition in order, in requests no larger than the limit. A refused request
 * is split into smaller ones and sent again: it contains one partition only, so the broker has
 * stored no part of it. A message that is refused on its own is rejected.
 * @throws the client's error if the outcome of a request is unknown; later messages are not sent
 */
export async function transfer(messages: readonly SizedMessage[], parts: TransferParts): Promise<void> {
  const { topic, limit, outcome, signal, send } = parts;
  let invalidLimit = Infinity;
  for (let at = 0; at < messages.length && !signal.aborted;) {
    const { part, bytes } = cut(messages, at, Math.min(limit.bytes, invalidLimit));
    const [first] = part;
    if (first === undefined) return;
    try {
      await send(part.map(({ message }) => message));
      outcome.take(part);
    } catch (error) {
      const names = protocolNames(error);
      const isTooLarge = TOO_LARGE.some((name) => names.has(name));
      if (!isTooLarge && !INVALID.some((name) => names.has(name))) throw error;
      if (part.length > 1) {
        if (isTooLarge) limit.lowerTo(bytes / 2);
        else invalidLimit = bytes / 2;
        continue;
      }
      if (isTooLarge) limit.lowerTo(bytes - 1);
      invalidLimit = Infinity;
      outcome.refuse(first, isTooLarge ? tooLarge(topic, bytes, names) : describeKafkaError(error));
    }
    at += part.length;
  }
}

/** Returns at least one message, and as many as fit into the limit. */
function cut(
  messages: readonly SizedMessage[],
  from: number,
  limit: number,
): { readonly part: readonly SizedMessage[]; readonly bytes: number } {
  let bytes = BATCH_HEAD_BYTES;
  let to = from;
  for (let next = messages[to]; next !== undefined; next = messages[++to]) {
    if (to > from && bytes + next.bytes > limit) break;
    bytes += next.bytes;
  }
  return { part: messages.slice(from, to), bytes };
}

function tooLarge(topic: string, bytes: number, names: ReadonlySet<string>): string {
  const answer = [...names].filter((name) => TOO_LARGE.includes(name)).join(', ');
  return (
    `the event takes about ${String(bytes)} bytes in Kafka, more than the topic "${topic}" accepts (${answer}). ` +
    'Fix: raise max.message.bytes of the topic, or emit less data'
  );
}
