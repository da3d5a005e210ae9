import type { DeadLetter } from '../../src/delivery/dead-letter-box';
import { DeliveryLetters } from '../../src/delivery/delivery-letters';
import type { QueuedEvent, RecordOrigin } from '../../src/delivery/queued-event';
import type { IdentifiedEvent } from '../../src/event/tracking-event';

const eventOf = (name: string): IdentifiedEvent => ({ id: name, name, timestamp: new Date(0), context: {}, data: {} });

/** The letters of a destination whose parts the test sets. */
class Bench {
  isOpen = true;
  capacity = Infinity;
  redriven = 0;
  hurries = 0;
  readonly queued: QueuedEvent[] = [];
  readonly stored: QueuedEvent[] = [];
  readonly notified: string[] = [];
  readonly letters: DeliveryLetters;
  onTurn = (): void => undefined;
  /** Dead letters of the box, with what `redrive` decides about each. */
  readonly box: { readonly letter: DeadLetter; readonly origin: RecordOrigin; taken?: boolean | 'skip' }[] = [];

  constructor() {
    const engine = {
      letters: {
        put: (entry: QueuedEvent) => this.stored.push(entry),
        takeOut: (
          _filter: object,
          take: (letter: DeadLetter, origin: RecordOrigin) => boolean | 'skip',
          onTurn = noTurn,
        ) => {
          for (const each of this.box) each.taken = take(each.letter, each.origin);
          this.onTurn = onTurn;
          onTurn();
          return Promise.resolve(this.box.filter(({ taken }) => taken === true).length);
        },
        close: () => 5,
      },
      queue: {
        putAgain: (entry: QueuedEvent) => {
          if (this.queued.length >= this.capacity) return false;
          entry.record();
          return this.queued.push(entry) > 0;
        },
      },
      ledger: { redrive: () => this.redriven++ },
      scheduler: { hurry: () => this.hurries++ },
      reports: { notify: (change: string) => this.notified.push(change) },
    };
    this.letters = new DeliveryLetters(
      'lrs',
      engine as unknown as ConstructorParameters<typeof DeliveryLetters>[1],
      () => this.isOpen,
    );
  }

  add(letter: Partial<DeadLetter>, origin: RecordOrigin = {}): void {
    const facts = {
      path: 'lrs',
      event: eventOf('a'),
      reason: 'attempts',
      attempts: 9,
      firstError: 'x',
      lastError: 'y',
      canRedrive: true,
    };
    const dates = { acceptedAt: new Date(0), lastTriedAt: undefined, deadAt: new Date(0) };
    this.box.push({ letter: { ...facts, ...dates, ...letter }, origin });
  }
}

const noTurn = (): void => undefined;

describe('DeliveryLetters', () => {
  it('keeps an event that failed elsewhere, and notifies listeners', () => {
    const bench = new Bench();
    bench.letters.keep(eventOf('a'), 'processor-failed', { depth: 2, parentId: 'p' });
    expect(bench.stored.map(({ name, facts }) => [name, facts.depth])).toEqual([['a', 2]]);
    expect(Date.now() - bench.stored[0]!.acceptedAt).toBeLessThan(60_000);
    expect(bench.notified).toEqual(['dead-letter']);
  });

  it('puts letters into the queue as new events with their ids and origins, and has them sent', async () => {
    const bench = new Bench();
    bench.add({ event: eventOf('a') }, { depth: 3, parentId: 'p' });
    expect(await bench.letters.redrive({})).toBe(1);
    const [entry] = bench.queued;
    expect(entry).toMatchObject({ id: 'a', attempts: 0, facts: { depth: 3, parentId: 'p' } });
    expect(entry!.bytes).toBe(JSON.stringify(eventOf('a')).length);
    expect(Date.now() - entry!.acceptedAt).toBeLessThan(60_000); // or it would be too old again
    expect(bench).toMatchObject({ redriven: 1, hurries: 1 });
  });

  it('leaves letters where they are for which the queue has no capacity', async () => {
    const bench = new Bench();
    bench.capacity = 1;
    for (const name of ['a', 'b']) bench.add({ event: eventOf(name) });
    expect(await bench.letters.redrive({})).toBe(1);
    expect(bench.box.map(({ taken }) => taken)).toEqual([true, false]);
    expect(bench.redriven).toBe(1);
  });

  it('skips letters that stand for an event which cannot be written, but not input that is no event', async () => {
    const bench = new Bench();
    bench.add({ reason: 'unreadable: TypeError', canRedrive: false });
    bench.add({ reason: 'unreadable: TypeError' }, { isRaw: true });
    expect(await bench.letters.redrive({})).toBe(1);
    expect(bench.box.map(({ taken }) => taken)).toEqual(['skip', true]);
  });

  it('skips letters whose event cannot be written again', async () => {
    const bench = new Bench();
    const data: Record<string, unknown> = {};
    data['self'] = data;
    bench.add({ event: { ...eventOf('a'), data } });
    expect(await bench.letters.redrive({})).toBe(0);
    expect(bench.box[0]?.taken).toBe('skip');
    expect(bench.redriven).toBe(0);
  });

  it('puts nothing into the queue once that closes', async () => {
    const bench = new Bench();
    bench.add({});
    bench.isOpen = false;
    expect(await bench.letters.redrive({})).toBe(0);
    expect(bench).toMatchObject({ queued: [], redriven: 0, hurries: 0 });
    expect(bench.box[0]?.taken).toBe(false);
  });

  it('removes letters without sending them', async () => {
    const bench = new Bench();
    bench.add({});
    expect(await bench.letters.purge({})).toBe(1);
    expect(bench).toMatchObject({ queued: [], redriven: 0 });
  });

  it('says after close how many letters were in memory only', () => {
    const { letters } = new Bench();
    expect(letters.lostAtClose).toBe(0);
    letters.close();
    expect(letters.lostAtClose).toBe(5);
  });
});
