import type { DeliveryOptions } from '../../delivery/delivery-options';
import { SendFailedException, type Rejection } from '../../delivery/destination';
import { referenceTime } from '../../event/reference-text';
import type { BusMessage, BusProducer } from '../bus/bus-producer';
import type { RedisLink } from './redis-link';
import { explain } from './redis-target';
import { fieldsOf } from './stream-form';
import type { StreamTrimmer } from './stream-trimmer';

export interface StreamAddress {
  readonly key: string;
  /** Entries that the stream is cut back to, about, read or not; null for never. */
  readonly maxLen: number | null;
  readonly source: string;
}

/** A batch is one pipeline of XADD. */
export class StreamProducer implements BusProducer {
  constructor(
    readonly delivery: DeliveryOptions,
    private readonly link: RedisLink,
    private readonly address: StreamAddress,
    /** Cuts back what was read; none where `maxLen` alone decides. */
    private readonly trimmer?: StreamTrimmer,
  ) {}

  /** @throws SendFailedException while there is no connection: what waited inside of the client would be lost with the process */
  async send(messages: readonly BusMessage[], signal: AbortSignal): Promise<readonly Rejection[]> {
    const { link, address } = this;
    await link.whenConnected();
    if (!link.isReady) throw failure(`its Redis is not connected (${link.redis.status})`);
    const { key, maxLen, source } = address;
    const trim = maxLen === null ? [] : ['MAXLEN', '~', maxLen];
    const time = referenceTime(new Date());
    const pipeline = link.redis.pipeline();
    for (const message of messages) pipeline.xadd(key, ...trim, '*', ...fieldsOf(message, source, time));
    // Redis has not answered in time. All that is sent after it would wait behind it.
    const giveUp = (): void => {
      link.reconnect();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const rejections = rejectionsOf((await pipeline.exec()) ?? []);
      // Not waited for: the events have landed, and would be sent again if this took too long.
      void this.trimmer?.afterSending(messages.length - rejections.length);
      return rejections;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  close(): Promise<void> {
    this.link.close();
    return Promise.resolve();
  }
}

/** @throws SendFailedException if none was taken: then it is the stream or the Redis, not an event, that is at fault */
function rejectionsOf(replies: readonly (readonly [error: Error | null, reply: unknown])[]): Rejection[] {
  const rejections = replies.flatMap(([error], index) =>
    error === null ? [] : [{ index, reason: `Redis: ${explain(error)}`, retryable: true }],
  );
  const [first] = rejections;
  if (first !== undefined && rejections.length === replies.length) throw failure(first.reason);
  return rejections;
}

function failure(reason: string): SendFailedException {
  return SendFailedException.create({ reason, retryable: true });
}
