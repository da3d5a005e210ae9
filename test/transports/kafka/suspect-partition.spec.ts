import { SuspectPartition } from '../../../src/transports/kafka/suspect-partition';

const AT = { topic: 't', partition: 0 };

describe('SuspectPartition', () => {
  it('begins with a small window after a first crash, and doubles it with each that passes', () => {
    const suspect = new SuspectPartition(AT, 100n, {}, 1, 200);
    expect(suspect.sizeAt(100n)).toBe(32);
    expect(suspect.passed(131n)).toBe(false);
    expect(suspect.sizeAt(132n)).toBe(64);
  });

  it('divides the window that a process crashed with, and begins behind it with a small one', () => {
    const suspect = new SuspectPartition(AT, 100n, { from: 100n, count: 320 }, 2, 500);
    expect([suspect.sizeAt(100n), suspect.sizeAt(419n), suspect.sizeAt(420n)]).toEqual([10, 10, 32]);
    suspect.passed(109n);
    expect(suspect.sizeAt(420n)).toBe(32);
  });

  it('gives out single entries of a window with fewer than 32', () => {
    expect(new SuspectPartition(AT, 100n, { from: 100n, count: 7 }, 2, 200).sizeAt(100n)).toBe(1);
  });

  it('takes for poison only an entry that was alone in flight, after enough crashes', () => {
    const alone = new SuspectPartition(AT, 100n, { from: 100n, count: 1 }, 4, 200);
    expect([alone.isPoison(100n, 4), alone.isPoison(100n, 5), alone.isPoison(101n, 4)]).toEqual([true, false, false]);
    expect(new SuspectPartition(AT, 100n, { from: 100n, count: 2 }, 9, 200).isPoison(100n, 4)).toBe(false);
    expect(new SuspectPartition(AT, 100n, {}, 9, 200).isPoison(100n, 4)).toBe(false);
  });

  it('counts for the entries behind a poison one only the crashes before it was alone', () => {
    const suspect = new SuspectPartition(AT, 100n, { from: 100n, count: 1 }, 9, 200);
    suspect.buried();
    expect(suspect.deaths).toBe(2);
    const first = new SuspectPartition(AT, 100n, { from: 100n, count: 1 }, 1, 200);
    first.buried();
    expect(first.deaths).toBe(1);
  });

  it('ends where nothing can have been in flight', () => {
    const suspect = new SuspectPartition(AT, 100n, {}, 1, 200);
    expect([suspect.passed(298n), suspect.passed(299n)]).toEqual([false, true]);
    expect(new SuspectPartition(AT, 100n, { from: 150n, count: 5 }, 1, 200).passed(348n)).toBe(false);
  });
});
