/**
 * Real servers far away, and an application that sends to one of them: what reached the server is
 * asked of the server, and not of the sender's books.
 */
import { MongooseModule } from '@nestjs/mongoose';
import mongoose from 'mongoose';
import { MongoBackend } from 'nestjs-event-tracking/mongoose';
import { backend, type DeliveryOptions, type DestinationCounts } from '../../src/entries';
import { HttpBackend } from '../../src/backends/http/http.backend';
import { SegmentBackend } from '../../src/entries/segment';
import { HttpSink, idsOf } from '../support/http-sink';
import { OwnClock } from '../support/own-clock';
import { startTracking, type BuiltTracking } from '../support/start-tracking';
import { imbalance } from './books';

export type FarKind = 'HttpBackend' | 'SegmentBackend' | 'MongoBackend';

/** An event that is there: `n` is the number under which it was emitted. */
export interface Arrival {
  readonly id: string;
  readonly n: number;
  /** How often the server took it. */
  readonly times: number;
}

export interface FarServer {
  readonly url: string;
  /** The backend for it, by whichever way `url` is. */
  describe(url: string, delivery: DeliveryOptions): ReturnType<typeof backend>;
  arrivals(): Promise<readonly Arrival[]>;
  /** Of the ids that are there: `arrivals` of 20,000 takes the MongoDB of the tests ten seconds. */
  count(): Promise<number>;
  /** Whether anything was wrong with what came. */
  complaints(): readonly string[];
  close(): Promise<void>;
}

/** The shape of an event on both wires. */
interface Item {
  readonly id?: string;
  readonly messageId?: string;
  readonly data?: { readonly n: number };
  readonly properties?: { readonly data: { readonly n: number } };
}

export async function farHttp(kind: 'HttpBackend' | 'SegmentBackend'): Promise<FarServer> {
  const numbers = new Map<string, number>();
  const sink = await HttpSink.listen({
    keepsRequests: false,
    ids: (body) => {
      const ids = idsOf(body);
      const items = (Array.isArray(body) ? body : (body as { batch: unknown }).batch) as readonly Item[];
      for (const { id, messageId, data, properties } of items)
        numbers.set(messageId ?? id ?? '', (properties?.data ?? data)?.n ?? Number.NaN);
      return ids;
    },
  });
  return {
    url: sink.url,
    // Not zipped: a batch has to be large enough on the wire to be cut in its middle.
    describe: (url, delivery) =>
      kind === 'HttpBackend'
        ? backend(HttpBackend, { url }, { delivery })
        : backend(SegmentBackend, { writeKey: 'k', host: url, gzip: false }, { delivery }),
    arrivals: () => Promise.resolve([...sink.taken].map(([id, times]) => ({ id, times, n: numbers.get(id) ?? NaN }))),
    count: () => Promise.resolve(sink.taken.size),
    complaints: () => sink.complaints,
    close: () => sink.close(),
  };
}

let databases = 0;

export function farMongo(url: string): FarServer {
  const withName = `${url.replace(/\/$/, '')}/faults_${String(process.pid)}_${String((databases += 1))}`;
  return {
    url: withName,
    describe: (to, delivery) => {
      const connection = MongooseModule.forRoot(to, {
        lazyConnection: true,
        serverSelectionTimeoutMS: 200,
        heartbeatFrequencyMS: 500,
      });
      return backend(MongoBackend, { indexes: false }, { delivery, imports: [connection] });
    },
    arrivals: () =>
      reading(withName, async ({ db }) => {
        const documents = (await db?.collection('events').find().project({ 'data.n': 1 }).toArray()) ?? [];
        return documents.map(({ _id, data }) => ({ id: String(_id), n: (data as { n: number }).n, times: 1 }));
      }),
    count: () => reading(withName, async ({ db }) => (await db?.collection('events').countDocuments()) ?? 0),
    complaints: () => [],
    close: () =>
      reading(withName, async ({ db }) => {
        await db?.dropDatabase();
      }),
  };
}

/** By the straight way, whatever stands in that of the application. */
async function reading<Result>(url: string, read: (from: mongoose.Connection) => Promise<Result>): Promise<Result> {
  const connection = await mongoose.createConnection(url, { serverSelectionTimeoutMS: 5000 }).asPromise();
  try {
    return await read(connection);
  } finally {
    await connection.close();
  }
}

export const QUICK: DeliveryOptions = {
  batch: { maxEvents: 100, maxWaitMs: 5 },
  retry: { minDelayMs: 5, maxDelayMs: 50 },
};

/** In the time when the thread had a processor. */
const SLOW_EMIT_MS = 50;
/**
 * The kernel makes whoever writes wait now and then, when many do; a wait for the network would
 * come at every turn.
 */
export const MOST_SLOW_EMITS = 2;

/**
 * An application that emits, and watches itself: how long each `emit` takes, and whether the books
 * balance at every turn.
 */
export class FarRun {
  emitted = 0;
  /** Calls of `emit` that took longer than any work of its own could. */
  slowEmits = 0;
  /** What the books were off by, whenever they were. */
  readonly imbalances: number[] = [];
  private readonly clock = new OwnClock();
  private readonly filler: string;
  private pace: NodeJS.Timeout | undefined;

  private constructor(
    private readonly run: BuiltTracking,
    eventBytes: number,
  ) {
    this.filler = 'x'.repeat(eventBytes);
  }

  /** @param eventBytes how much is in an event, beside what is in each */
  static async start(described: ReturnType<typeof backend>, eventBytes = 500): Promise<FarRun> {
    const logger = { log: ignore, warn: ignore, error: ignore };
    const run = await startTracking({ backends: { far: described }, shutdownTimeoutMs: 500, logger });
    return new FarRun(run, eventBytes);
  }

  counts(): DestinationCounts {
    const counts = this.run.ledger.destination('far');
    if (counts === undefined) throw new Error('there is no destination');
    return counts;
  }

  get backend(): unknown {
    return this.run.tracker.backend('far');
  }

  emit(count: number): void {
    const { tracker } = this.run;
    tracker.context({ user_id: 7 }, () => {
      for (let left = count; left > 0; left--) {
        const data = { n: this.emitted, filler: this.filler };
        const begin = this.clock.now();
        tracker.emit('edx.video.played', data);
        if (this.clock.now() - begin > SLOW_EMIT_MS) this.slowEmits++;
        this.emitted++;
      }
    });
    const off = imbalance(this.counts());
    if (off !== 0) this.imbalances.push(off);
  }

  /** Some events, turn after turn of the event loop, until `stopEmitting`. */
  keepEmitting(): void {
    this.pace = setInterval(() => {
      this.emit(5);
    }, 5);
  }

  stopEmitting(): void {
    clearInterval(this.pace);
  }

  close(): void {
    this.stopEmitting();
    this.clock.close();
  }
}

function ignore(): void {}
