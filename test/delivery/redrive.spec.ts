import fc from 'fast-check';
import type { DeadLetter } from '../../src/delivery/dead-letter-box';
import { bareDelivery, closeBareDeliveries, names, type BareDelivery } from './bare-delivery';

afterEach(closeBareDeliveries);

const MS_PER_LETTER = 1;
/** Letters of one turn: 5 ms of work at 1 ms each, and one that was begun within them. */
const MOST_PER_TURN = 6;

/** A delivery with dead letters of these names. */
function withLetters(count: number): BareDelivery {
  const run = bareDelivery({ batch: { maxEvents: 50, maxWaitMs: 1 } });
  for (const name of names(count)) {
    run.delivery.letters.keep({ id: name, name, timestamp: new Date(0), context: {}, data: {} }, 'attempts', {});
  }
  return run;
}

/** A filter that takes a while for each letter. @param fits which letters fit */
function slowly(fits: (name: string) => boolean = () => true): (letter: DeadLetter) => boolean {
  return ({ event }) => {
    const until = performance.now() + MS_PER_LETTER;
    while (performance.now() < until);
    return fits(event.name);
  };
}

const isEven = (name: string): boolean => Number(name.slice(1)) % 2 === 0;
const isOdd = (name: string): boolean => !isEven(name);

describe('Taking out dead letters', () => {
  it.each(['redrive', 'purge'] as const)('leaves turns to others (%s)', async (what) => {
    const { delivery } = withLetters(100);
    let perTurn = 0;
    let most = 0;
    let isDone = false;
    const nextTurn = (): void => {
      perTurn = 0;
      if (!isDone) setImmediate(nextTurn);
    };
    nextTurn();
    const where = slowly(() => (most = Math.max(most, ++perTurn)) > 0);
    expect(await delivery.letters[what]({ where })).toBe(100);
    isDone = true;
    expect(most).toBeLessThanOrEqual(2 * MOST_PER_TURN);
  });

  it('stops when the destination is closed meanwhile, and says how many went', async () => {
    const { delivery, counts, gate } = withLetters(100);
    gate.behave = () => new Promise(() => undefined);
    const redriven = delivery.letters.redrive({ where: slowly() });
    await new Promise(setImmediate);
    delivery.flushSync();
    const number = await redriven;
    expect(number).toBeGreaterThan(0);
    expect(number).toBeLessThan(100);
    expect(counts()).toMatchObject({ redriven: number, dropped: { shutdown: number }, pending: 0 });
    expect(delivery.letters.lostAtClose).toBe(100 - number);
    expect(await delivery.letters.redrive({})).toBe(0);
    expect(await delivery.letters.purge({})).toBe(0);
  });

  it('puts none into the queue again while it drains', async () => {
    const { delivery, counts } = withLetters(100);
    const redriven = delivery.letters.redrive({ where: slowly() });
    const drained = delivery.drain(1000);
    const number = await redriven;
    await drained;
    expect(number).toBeLessThanOrEqual(MOST_PER_TURN);
    expect(counts()).toMatchObject({ redriven: number, delivered: number, pending: 0 });
  });

  it('ends although each one is refused again at once', async () => {
    const { delivery, gate, counts, dead } = withLetters(100);
    gate.behave = (events) =>
      Promise.resolve(events.map((_event, index) => ({ index, reason: 'no', retryable: false })));
    expect(await delivery.letters.redrive({ where: slowly() })).toBe(100);
    await delivery.flush();
    expect(counts()).toMatchObject({ redriven: 100, deadLettered: 100, pending: 0, deadLetters: 100 });
    expect(dead()).toHaveLength(100);
  });

  it('rejects with the error of a filter, and keeps the letters that were not taken out', async () => {
    const { delivery, dead } = withLetters(20);
    const where = slowly((name) => {
      if (name === 'e12') throw new Error('a fault in the filter');
      return true;
    });
    await expect(delivery.letters.purge({ where })).rejects.toThrow('a fault in the filter');
    expect(dead().map(([name]) => name)).toEqual(names(8, 12));
    expect(await delivery.letters.purge({})).toBe(8);
  });

  it('hides no letter from other calls, and takes each out once', async () => {
    const call = fc.record({ evens: fc.boolean(), what: fc.constantFrom('redrive', 'purge') });
    const property = fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(3), { maxLength: 6 }),
      async (calls, pauses) => {
        const { delivery, dead, counts } = withLetters(30);
        let isDone = false;
        const taken = Promise.all(
          calls.map(({ evens, what }) => delivery.letters[what]({ where: slowly(evens ? isEven : isOdd) })),
        ).finally(() => (isDone = true));
        for (const turns of pauses) {
          for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
          // What is not taken out is listed, in its order.
          const listed = dead().map(([name]) => name);
          expect(listed).toEqual(names(30).filter((name) => listed.includes(name)));
          expect(listed).toHaveLength(counts().deadLetters);
        }
        const sum = (await taken).reduce((total, number) => total + number, 0);
        expect(isDone).toBe(true);
        const kinds = new Set(calls.map(({ evens }) => evens));
        expect(sum).toBe(15 * kinds.size);
        const left = names(30).filter((name) => !kinds.has(isEven(name)));
        expect(dead().map(([name]) => name)).toEqual(left);
        delivery.flushSync();
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });
});
