import type { DeliveryOptions } from '../../delivery/delivery-options';
import { SendFailedException, type EventRejection } from '../../delivery/destination';
import { referenceTime } from '../../event/reference-text';
import type { BusMessage, BusProducer } from '../bus/bus-producer';
import type { QueueProbe } from '../../routing/queue-probe';
import type { RedisLink } from './redis-link';
import { explain } from './redis-target';
import { fieldsOf } from './stream-form';
import { streamProbe } from './stream-probe';
import type { StreamTrimmer } from './stream-trimmer';

export interface StreamAddress {
  readonly key: string;
  /**
   * Approximate number of entries to which the stream is trimmed, whether they were read or not;
   * null for never.
   */
  readonly maxLen: number | null;
  readonly source: string;
}

/** Sends each batch as one pipeline of XADD commands. */
export class StreamProducer implements BusProducer {
  constructor(
    readonly delivery: DeliveryOptions,
    private readonly link: RedisLink,
    private readonly address: StreamAddress,
    /** Removes entries that all groups have read; undefined if `maxLen` alone decides. */
    private readonly trimmer?: StreamTrimmer,
  ) {}

  /**
   * Sends one batch.
   * @throws SendFailedException without a connection, because events that wait inside the client
   *   would be lost with the process
   */
  async send(messages: readonly BusMessage[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const { link, address } = this;
    await link.whenConnected();
    if (!link.isReady) throw failure(`its Redis is not connected (${link.redis.status})`);
    const { key, maxLen, source } = address;
    const trim = maxLen === null ? [] : ['MAXLEN', '~', maxLen];
    const time = referenceTime(new Date());
    const pipeline = link.redis.pipeline();
    for (const message of messages) pipeline.xadd(key, ...trim, '*', ...fieldsOf(message, source, time));
    // Redis has not replied in time. Later commands on this connection would wait for that reply.
    const giveUp = (): void => {
      link.reconnect();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const rejections = rejectionsOf((await pipeline.exec()) ?? []);
      // Not awaited: the events have arrived, and would be sent again if trimming took too long.
      void this.trimmer?.afterSending(messages.length - rejections.length);
      return rejections;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** @internal */
  probe(): QueueProbe {
    const probe = streamProbe(this.link, [this.address.key]);
    return {
      ...probe,
      ask: async () => {
        // Without an event so far, there is no connection. It is the one that sending will use.
        await this.link.whenConnected();
        return probe.ask();
      },
    };
  }

  close(): Promise<void> {
    this.link.close();
    return Promise.resolve();
  }
}

/**
 * Converts the replies of the pipeline to rejections.
 * @throws SendFailedException if no event was accepted, because then the stream or Redis is the
 *   cause and not an event
 */
function rejectionsOf(replies: readonly (readonly [error: Error | null, reply: unknown])[]): EventRejection[] {
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
