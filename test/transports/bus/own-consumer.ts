import { randomUUID } from 'node:crypto';
import { consumer, InjectOptions, type IdentifiedEvent } from '../../../src/entries';
import type { ConsumerDescription, ConsumerSettings, ConsumerHost, EventConsumer } from '../../../src/entries/extend';

/**
 * A list in memory in the place of a bus: what is pushed is read at once, and what is acknowledged
 * is noted.
 */
export class Feed {
  readonly acknowledged: string[] = [];
  isClosed = false;
  /** What the consumer does when it is to end, and to close. */
  onEnd: () => Promise<void> = () => Promise.resolve();
  onClose: () => Promise<void> = () => Promise.resolve();
  onAcknowledge: () => void = () => undefined;
  host: ConsumerHost | undefined;
  private position = 0;

  /** @returns when every one of them is done, or cannot be */
  async push(...events: (Partial<IdentifiedEvent> | Error)[]): Promise<void> {
    const entries = events.map((event) => {
      const position = String(++this.position);
      const decode = (): IdentifiedEvent => {
        if (event instanceof Error) throw event;
        return { name: 'e', timestamp: new Date(0), id: randomUUID(), context: {}, data: {}, ...event };
      };
      return { position, raw: Buffer.from(position), decode };
    });
    await this.host?.intake.take(entries, (index) => {
      this.onAcknowledge();
      this.acknowledged.push(entries[index]!.position);
    });
  }

  describe(settings?: ConsumerSettings): ConsumerDescription {
    return consumer(OwnConsumer, { feed: this }, settings);
  }
}

/** A consumer of an application. */
class OwnConsumer implements EventConsumer {
  constructor(@InjectOptions() readonly options: { readonly feed: Feed }) {}

  begin(host: ConsumerHost): void {
    this.options.feed.host = host;
  }

  end(): Promise<void> {
    return this.options.feed.onEnd();
  }

  close(): Promise<void> {
    this.options.feed.isClosed = true;
    return this.options.feed.onClose();
  }
}
