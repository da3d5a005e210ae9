import { KnownEvents } from '../../src/intake/known-events';

const MAX_DONE = 100_000;
const idOf = (at: number): string => `id ${String(at)}`;

/** @returns the microseconds of CPU time that it took */
function settleAll(known: KnownEvents<object>, from: number, to: number): number {
  const before = process.cpuUsage();
  for (let at = from; at < to; at++) {
    known.open(idOf(at), {});
    known.settle(idOf(at), at);
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

describe('KnownEvents', () => {
  it('tells what is under way, when it was done, and nothing of what was forgotten', () => {
    const known = new KnownEvents<{ n: number }>();
    const event = { n: 1 };

    expect(known.find('a')).toBeUndefined();
    known.open('a', event);
    expect(known.find('a')).toBe(event);
    known.settle('a', 5);
    expect(known.find('a')).toBe(5);
    known.open('b', event);
    known.forget('b');
    expect(known.find('b')).toBeUndefined();
  });

  it('remembers 100,000 that are done, and every one that is under way', () => {
    const known = new KnownEvents();
    const stuck = {};
    known.open('stuck', stuck);
    settleAll(known, 0, 3 * MAX_DONE);

    expect(known.find('stuck')).toBe(stuck);
    expect(known.find(idOf(2 * MAX_DONE - 1))).toBeUndefined();
    expect(known.find(idOf(2 * MAX_DONE))).toBe(2 * MAX_DONE);
    expect(known.find(idOf(3 * MAX_DONE - 1))).toBe(3 * MAX_DONE - 1);
  });

  it('remembers as many when events come again whose time is over', () => {
    const known = new KnownEvents();
    settleAll(known, 0, MAX_DONE);
    settleAll(known, 0, 10);
    expect(known.find(idOf(10))).toBe(10);
    settleAll(known, MAX_DONE, MAX_DONE + 1);

    expect([0, 9, 11, MAX_DONE].map((at) => known.find(idOf(at)))).toEqual([0, 9, 11, MAX_DONE]);
    expect(known.find(idOf(10))).toBeUndefined(); // the one that has been done longest
  });

  it('costs no more once it forgets than before', () => {
    const known = new KnownEvents();
    const filling = settleAll(known, 0, MAX_DONE);
    const forgetting = [1, 2, 3].map((round) => settleAll(known, round * MAX_DONE, (round + 1) * MAX_DONE));

    expect(Math.min(...forgetting) / filling).toBeLessThan(8); // 20 to 50 times as much with an iterator for each
  });
});
