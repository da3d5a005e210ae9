/**
 * The event bus of a case, at the level at which the vectors see it: the four texts of a tracking
 * event. A producer and a consumer of the application stand where an entry would; how the texts get
 * over a real bus is tested with the entries.
 */
import { backend, consumer, EventBusBackend, InjectOptions } from 'nestjs-event-tracking';
import type {
  BusMessage,
  ConsumerDescription,
  ConsumerHost,
  EventConsumer,
  ProducerDescription,
} from 'nestjs-event-tracking/extend';
import { eventOf, type TrackingLog } from '../../src/transports/bus/tracking-log';
import { isMapping, isTruthy, jsonText, toDate, toValue, type Tagged } from './values';

interface BusSettings {
  readonly enabled?: unknown;
  readonly allowed_names?: unknown;
}

export class CaseBus {
  readonly messages: TrackingLog[] = [];
  host: ConsumerHost | undefined;
  private delivered = 0;

  describe(settings: unknown, host: Parameters<typeof backend>[2]): ReturnType<typeof backend> {
    const { enabled = false, allowed_names: names = [] } = (isMapping(settings) ? settings : {}) as BusSettings;
    return backend(
      EventBusBackend,
      { producer: this.producer(), enabled: isTruthy(enabled), allowedEvents: listOf(names) },
      host,
    );
  }

  describeConsumer(): ConsumerDescription {
    return consumer(CaseConsumer, { bus: this });
  }

  /** Gives an entry to the receiving side. */
  async deliver(log: Readonly<Record<string, unknown>>): Promise<void> {
    const position = String(++this.delivered);
    const { timestamp } = log;
    const read = { ...log, timestamp: textOf(timestamp) } as unknown as TrackingLog;
    const entry = { position, raw: Buffer.from(JSON.stringify(read)), decode: () => eventOf(`bus-${position}`, read) };
    await this.host?.intake.take([entry], () => undefined);
  }

  private producer(): ProducerDescription {
    return {
      kind: 'producer',
      delivery: { ordered: true, batch: { maxWaitMs: 1 } },
      encode: (log) => Buffer.from(JSON.stringify(log)),
      open: () => ({
        delivery: {},
        send: (messages: readonly BusMessage[]) => {
          this.messages.push(...messages.map(({ payload }) => JSON.parse(payload.toString()) as TrackingLog));
          return Promise.resolve(undefined);
        },
        close: () => Promise.resolve(),
      }),
    };
  }
}

/**
 * A set and a tuple are lists in the settings of an application; what else is no list is handed on
 * as it is.
 */
function listOf(names: unknown): readonly string[] {
  const list = toValue(names);
  return (list instanceof Set ? [...(list as Set<unknown>)] : list) as readonly string[];
}

class CaseConsumer implements EventConsumer {
  constructor(@InjectOptions() readonly options: { readonly bus: CaseBus }) {}

  begin(host: ConsumerHost): void {
    this.options.bus.host = host;
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function textOf(timestamp: unknown): unknown {
  if (isMapping(timestamp) && timestamp.$type === 'datetime') return toDate(timestamp.value).toISOString();
  return isMapping(timestamp) ? jsonText(timestamp as unknown as Tagged) : timestamp;
}
