import type { Batch } from '../../src/delivery/batch';
import { BatchPicker } from '../../src/delivery/batch-picker';
import { BatchSource } from '../../src/delivery/batch-source';
import type { EventQueue } from '../../src/delivery/event-queue';
import { QueuedEvent } from '../../src/delivery/queued-event';
import { resolveDelivery } from '../../src/delivery/resolve-options';
import { WaitingBatches } from '../../src/delivery/waiting-batches';
import type { DeliveryOptions } from '../../src/delivery/delivery-options';
import { envelopeOf, names } from './bare-delivery';
import { fakeClock } from './fake-clock';

const MAX_AGE_MS = 10_000;

/** A picker, with a queue and a breaker that the test sets. */
class Bench {
  readonly waiting: WaitingBatches;
  readonly givenUp: [name: string, reason: string][] = [];
  readonly taken: string[][] = [];
  readonly picker: BatchPicker;
  readonly breaker = {
    state: 'closed' as 'closed' | 'open' | 'probing',
    reason: undefined as 'refusing' | 'failing' | undefined,
    allowsAt: -Infinity,
  };
  private queued: QueuedEvent[] = [];
  private turn = 0;
  readonly source: BatchSource;

  constructor(options: DeliveryOptions = {}) {
    const retry = { attempts: 2, maxAgeMs: MAX_AGE_MS };
    const settings = resolveDelivery({ batch: { maxEvents: 2, maxWaitMs: 50 }, retry, ...options });
    const { queued } = this;
    const queue = {
      get waiting() {
        return queued.length;
      },
      waitingBytes: 0,
      take: (count: number) => queued.splice(0, count),
    };
    this.source = new BatchSource(queue as unknown as EventQueue, settings.batch);
    this.waiting = new WaitingBatches(settings.ordered);
    this.picker = new BatchPicker({
      ...{ settings, source: this.source, waiting: this.waiting, breaker: this.breaker, startedAt: performance.now() },
      giveUp: (entries, reason) => this.givenUp.push(...entries.map(({ name }): [string, string] => [name, reason])),
      onTaken: ({ entries }) => this.taken.push(entries.map(({ name }) => name)),
    });
  }

  /** Puts events into the queue. */
  queue(count: number): void {
    const now = performance.now();
    for (const name of names(count, this.turn)) {
      const wasEmpty = this.queued.length === 0;
      this.queued.push(this.entry(name));
      this.source.arrived(wasEmpty, now);
    }
  }

  /** Adds a batch that has failed, and is due after `delayMs`. */
  wait(count: number, delayMs: number, facts: Partial<Batch> = {}): QueuedEvent[] {
    const entries = names(count, this.turn).map((name) => Object.assign(this.entry(name), { turn: this.turn }));
    const dueAt = performance.now() + delayMs;
    this.waiting.add({ entries, failures: 1, isSuspect: false, dueAt, triedAt: performance.now(), ...facts });
    return entries;
  }

  /** Names of the events of the batch that is picked now. */
  next(): string[] | undefined {
    return this.picker.next(performance.now())?.entries.map(({ name }) => name);
  }

  nextTime(hasFree = true): number {
    return this.picker.nextTime(performance.now(), hasFree) - performance.now();
  }

  private entry(name: string): QueuedEvent {
    this.turn++;
    return QueuedEvent.of(envelopeOf(name), performance.now());
  }
}

/** Makes events fail alone as often as an event may. */
function exhaust(entries: readonly QueuedEvent[]): void {
  for (const entry of entries) for (let n = 0; n < 3; n++) entry.failed('x', 0, true, true);
}

const pass = (ms: number): void => {
  jest.advanceTimersByTime(ms);
};

beforeEach(() => {
  fakeClock();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('BatchPicker', () => {
  it('picks full batches of the queue at once, and others when they have waited', () => {
    const bench = new Bench();
    bench.queue(3);
    expect(bench.next()).toEqual(['e0', 'e1']);
    expect(bench.next()).toBeUndefined();
    expect(bench.nextTime()).toBe(50);
    pass(50);
    expect(bench.next()).toEqual(['e2']);
    expect(bench.taken).toEqual([['e0', 'e1'], ['e2']]);
    expect(bench.nextTime()).toBe(Infinity);
  });

  it('picks waiting batches that are due before those of the queue', () => {
    const bench = new Bench();
    bench.queue(2);
    bench.wait(1, 10);
    expect(bench.nextTime()).toBe(0);
    pass(10);
    expect([bench.next(), bench.next()]).toEqual([['e2'], ['e0', 'e1']]);
  });

  it('takes nothing from the queue behind a waiting batch of an ordered destination', () => {
    const bench = new Bench({ ordered: true });
    bench.wait(1, 10);
    bench.queue(2);
    expect(bench.picker.takesFromQueue).toBe(false);
    expect(bench.next()).toBeUndefined();
    expect(bench.nextTime()).toBe(10);
    pass(10);
    expect([bench.next(), bench.next()]).toEqual([['e0'], ['e1', 'e2']]);
  });

  it('takes nothing from the queue while ten full batches wait', () => {
    const bench = new Bench();
    for (let n = 0; n < 10; n++) bench.wait(2, 1000);
    bench.queue(2);
    expect(bench.next()).toBeUndefined();
    expect(bench.nextTime()).toBe(1000);
  });

  it('takes nothing from the queue while waiting batches have the bytes of ten full ones', () => {
    const bench = new Bench({ batch: { maxEvents: 100, maxBytes: 20, maxWaitMs: 0 } });
    bench.wait(8, 1000);
    bench.queue(1);
    expect(bench.picker.takesFromQueue).toBe(false);
    expect(bench.next()).toBeUndefined();
  });

  it('picks nothing before the breaker allows it, and says when it does', () => {
    const bench = new Bench();
    bench.queue(2);
    bench.breaker.allowsAt = performance.now() + 30;
    expect(bench.next()).toBeUndefined();
    expect(bench.nextTime()).toBe(30);
    pass(30);
    expect(bench.next()).toEqual(['e0', 'e1']);
  });

  it('names no time to send while no slot is free', () => {
    const bench = new Bench();
    bench.queue(2);
    expect(bench.nextTime(false)).toBe(Infinity);
  });

  it('picks a batch that was never sent as a probe, then one of the queue, then the least tried', () => {
    const bench = new Bench();
    bench.wait(1, 0);
    pass(1);
    bench.wait(1, 0);
    bench.wait(1, 0, { triedAt: -Infinity, failures: 0 });
    bench.queue(2);
    pass(1);
    bench.breaker.state = 'open';
    expect([bench.next(), bench.next(), bench.next(), bench.next()]).toEqual([['e2'], ['e3', 'e4'], ['e0'], ['e1']]);
  });

  it('picks the first batch of an ordered destination as a probe too', () => {
    const bench = new Bench({ ordered: true });
    bench.wait(1, 0);
    bench.queue(2);
    bench.breaker.state = 'open';
    expect([bench.next(), bench.next()]).toEqual([['e0'], ['e1', 'e2']]);
  });

  it('cuts a batch to one event for a destination that rejects everything', () => {
    const bench = new Bench();
    bench.queue(2);
    Object.assign(bench.breaker, { state: 'open', reason: 'refusing' });
    expect([bench.next(), bench.next()]).toEqual([['e0'], ['e1']]);
  });

  it('abandons events of a failed batch that are too old when it is their turn, and sends the others', () => {
    const bench = new Bench();
    const [old] = bench.wait(2, 0);
    old!.failures = 1;
    old!.enteredAt -= MAX_AGE_MS;
    expect(bench.next()).toEqual(['e1']);
    expect(bench.givenUp).toEqual([['e0', 'too-old']]);
  });

  it('goes on to the next batch when all events of one are too old', () => {
    const bench = new Bench();
    for (const entry of bench.wait(2, 0)) Object.assign(entry, { failures: 1, enteredAt: -MAX_AGE_MS });
    bench.queue(2);
    expect(bench.next()).toEqual(['e2', 'e3']);
    expect(bench.givenUp).toHaveLength(2);
  });

  it('abandons nothing by age while events can be sent', () => {
    const bench = new Bench();
    bench.wait(1, 0);
    pass(MAX_AGE_MS);
    expect(bench.picker.expire(performance.now())).toBe(false);
    expect(bench.givenUp).toEqual([]);
  });

  it('abandons events that are too old while nothing can be sent, those of the queue too', () => {
    const bench = new Bench();
    bench.wait(1, 60_000);
    pass(5);
    bench.queue(1);
    bench.breaker.state = 'probing';
    bench.breaker.allowsAt = Infinity;
    expect(bench.nextTime()).toBe(MAX_AGE_MS - 5);
    expect(bench.picker.expire(performance.now())).toBe(false);
    pass(MAX_AGE_MS - 5);
    expect(bench.picker.expire(performance.now())).toBe(true);
    expect(bench.givenUp).toEqual([['e0', 'too-old']]);
    expect(bench.nextTime()).toBe(5);
    pass(5);
    expect(bench.picker.expire(performance.now())).toBe(true);
    expect(bench.givenUp).toEqual([
      ['e0', 'too-old'],
      ['e1', 'too-old'],
    ]);
  });

  it('lets an event of another process wait as long as any other before it is too old', () => {
    const bench = new Bench();
    const [entry] = bench.wait(1, 60_000);
    entry!.enteredAt -= MAX_AGE_MS;
    bench.breaker.state = 'open';
    expect(bench.picker.expire(performance.now())).toBe(false);
    entry!.failures = 1;
    expect(bench.picker.expire(performance.now())).toBe(true);
  });

  it('sends the next event as a witness when the first of an ordered destination has used up its attempts', () => {
    const bench = new Bench({ ordered: true });
    const suspects = bench.wait(1, 1000);
    exhaust(suspects);
    bench.queue(3);
    bench.breaker.state = 'open';
    bench.breaker.allowsAt = performance.now() + 1000;
    const failed = { again: [], isTaken: false, tookMs: 0, retryAfterMs: 0 };
    const [batch] = [...bench.waiting];
    bench.picker.learn(batch!, failed);
    const witness = bench.picker.next(performance.now());
    expect(witness?.entries.map(({ name }) => name)).toEqual(['e1']);
    bench.picker.learn(witness!, { ...failed, isTaken: true });
    expect(bench.givenUp).toEqual([['e0', 'attempts']]);
    expect(bench.waiting.count).toBe(0);
  });

  it('decides nothing by a witness that fails as well, and searches again only later', () => {
    const bench = new Bench({ ordered: true });
    exhaust(bench.wait(1, 1000));
    bench.queue(3);
    bench.breaker.state = 'open';
    const failed = { again: [], isTaken: false, tookMs: 10, retryAfterMs: 0 };
    const [batch] = [...bench.waiting];
    bench.picker.learn(batch!, failed);
    const witness = bench.picker.next(performance.now());
    bench.picker.learn(witness!, failed);
    bench.picker.learn(batch!, failed);
    expect(bench.givenUp).toEqual([]);
    expect(bench.next()).toBeUndefined();
    pass(200);
    bench.picker.learn(batch!, { ...failed, retryAfterMs: 20 }); // 20 times the longer of both
    expect(bench.next()).toBeUndefined();
    bench.picker.learn(batch!, failed);
    expect(bench.next()).toEqual(['e2']);
  });

  it('searches for no witness while the breaker is closed', () => {
    const bench = new Bench({ ordered: true });
    exhaust(bench.wait(1, 1000));
    bench.queue(2);
    bench.picker.learn([...bench.waiting][0]!, { again: [], isTaken: false, tookMs: 0, retryAfterMs: 0 });
    expect(bench.next()).toBeUndefined();
  });
});
