import { Inject, Injectable, Optional } from '@nestjs/common';
import type { ConsumerHost, EventConsumer } from '../../intake/event-consumer';
import type { QueueProbe } from '../../routing/queue-probe';
import { NODE_OPTIONS } from '../../routing/tokens';
import { RedisLink } from './redis-link';
import {
  resolveConsumerOptions,
  type RedisStreamsConsumerOptions,
  type ResolvedOptions,
} from './redis-streams-consumer-options';
import { StreamReader } from './stream-reader';

/**
 * Reads events that Open edX or an EventBusBackend adds to Redis streams. Needs Redis 6.2 or newer.
 * @throws TrackingConfigException for invalid options
 */
@Injectable()
export class RedisStreamsConsumer implements EventConsumer {
  private readonly resolved: ResolvedOptions;
  private reader: StreamReader | undefined;

  constructor(@Optional() @Inject(NODE_OPTIONS) readonly options: RedisStreamsConsumerOptions) {
    this.resolved = resolveConsumerOptions(options);
  }

  begin(host: ConsumerHost): void {
    const { target } = this.resolved;
    this.reader = new StreamReader(this.resolved, host, {
      commands: new RedisLink(target, host),
      reading: new RedisLink(target, undefined), // one connection reports an outage for both
    });
    this.reader.begin();
  }

  async end(timeoutMs: number): Promise<void> {
    await this.reader?.end(timeoutMs);
  }

  async close(): Promise<void> {
    await this.reader?.close();
  }

  lag(): number | undefined {
    return this.reader?.lag;
  }

  /** @internal */
  probe(): QueueProbe | undefined {
    return this.reader?.probe();
  }
}
