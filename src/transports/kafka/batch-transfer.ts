/** Sends the messages of one batch, so that what is known of each is known afterwards: taken, refused, or neither. */
import type { Rejection } from '../../delivery/destination';
import { describeKafkaError, protocolNames, type KafkaMessage } from './kafka-port';
import { BATCH_HEAD_BYTES, MAX_BATCH_BYTES } from './record-size';

/** What the brokers refuse because of the size of a request or of an event in it. */
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];
/** What else they refuse because of an event, and would refuse again. */
const INVALID = ['INVALID_RECORD', 'INVALID_TIMESTAMP'];

/** A message with its place in the batch and its size on the wire. */
export interface SizedMessage {
  readonly index: number;
  readonly bytes: number;
  readonly message: KafkaMessage;
}

/** What one topic takes in one request and partition, in bytes on the wire; only ever lowered. */
export class SizeLimit {
  bytes = MAX_BATCH_BYTES;

  lowerTo(bytes: number): void {
    this.bytes = Math.min(this.bytes, bytes);
  }
}

/** Outcomes of the messages of one batch. */
export class BatchOutcome {
  private readonly refused: Rejection[] = [];
  private readonly open: Set<number>;

  constructor(private readonly count: number) {
    this.open = new Set(Array.from({ length: count }, (_, index) => index));
  }

  /** True if nothing is known of any message. */
  get isUnknown(): boolean {
    return this.open.size === this.count;
  }

  take(messages: readonly SizedMessage[]): void {
    for (const { index } of messages) this.open.delete(index);
  }

  refuse({ index }: Pick<SizedMessage, 'index'>, reason: string): void {
    if (this.open.delete(index)) this.refused.push({ index, reason, retryable: false });
  }

  /** @param reason why nothing is known of the messages that are neither taken nor refused */
  rejections(reason: string): readonly Rejection[] {
    const open = [...this.open].map((index): Rejection => ({ index, reason, retryable: true }));
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
 * Sends messages of one partition in order, in requests that are no larger than the limit. One that is refused all the same is
 * sent again in smaller ones: as it was of one partition, nothing of it has landed. What is refused alone is to blame.
 * @throws the error of the client if nothing is known of a request; what comes after it is not sent
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

/** At least one message, and no more than the limit holds. */
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
