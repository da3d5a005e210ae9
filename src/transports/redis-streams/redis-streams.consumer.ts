import { Inject, Injectable, Optional } from '@nestjs/common';
import type { ConsumerSurroundings, EventConsumer } from '../../routing/event-consumer';
import { NODE_OPTIONS } from '../../routing/tokens';
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

  begin(surroundings: ConsumerSurroundings): void {
    this.reader = new StreamReader(this.resolved, surroundings);
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
}
