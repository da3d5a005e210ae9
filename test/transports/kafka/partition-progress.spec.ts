import fc from 'fast-check';
import { PartitionProgress } from '../../../src/transports/kafka/partition-progress';

describe('PartitionProgress', () => {
  it('may commit the first unfinished offset, whatever finishes after it', () => {
    const offsets = fc.uniqueArray(fc.nat(60), { minLength: 1 }).map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(offsets, fc.infiniteStream(fc.nat()), (all, random) => {
        const progress = new PartitionProgress();
        const open = all.map((offset) => ({ offset, entry: progress.take(BigInt(offset)) }));
        const unfinished = new Set(all);
        while (open.length > 0) {
          const [{ offset, entry }] = open.splice(Number(random.next().value) % open.length, 1) as [(typeof open)[0]];
          progress.settle(entry);
          unfinished.delete(offset);
          const first = [...unfinished].sort((a, b) => a - b)[0];
          const done = all.filter((each) => first === undefined || each < first);
          expect(progress.toCommit).toBe(done.length === 0 ? undefined : BigInt((done.at(-1) ?? 0) + 1));
          expect(progress.position).toBe(first === undefined ? BigInt((all.at(-1) ?? 0) + 1) : BigInt(first));
          expect(progress.span).toBe(all.length - done.length);
        }
      }),
    );
  });

  it('has nothing to commit again until it has moved', () => {
    const progress = new PartitionProgress();
    const [first, second] = [progress.take(5n), progress.take(6n)];
    progress.settle(first);
    progress.commit(6n);
    expect(progress.toCommit).toBeUndefined();
    progress.settle(second);
    expect(progress.toCommit).toBe(7n);
  });

  it('knows nothing before it has read a record', () => {
    const progress = new PartitionProgress();
    expect([progress.isUnread, progress.position, progress.toCommit, progress.end, progress.span]).toEqual([
      true,
      undefined,
      undefined,
      -1n,
      0,
    ]);
    progress.take(0n);
    expect([progress.isUnread, progress.end, progress.span]).toEqual([false, 1n, 1]);
  });

  it('recognizes offsets that cannot follow', () => {
    const progress = new PartitionProgress();
    progress.take(5n);
    expect([progress.isBehind(5n), progress.isBehind(6n)]).toEqual([true, false]);
  });

  it('returns the last gap between records once, and none before the first record', () => {
    const progress = new PartitionProgress();
    for (const offset of [5n, 6n]) progress.take(offset);
    expect(progress.takeGap()).toBeUndefined();
    for (const offset of [9n, 10n]) progress.take(offset);
    expect([progress.takeGap(), progress.takeGap()]).toEqual([{ from: 7n, to: 9n }, undefined]);
  });

  it('forgets finished entries, so that its memory follows the unfinished ones', () => {
    const progress = new PartitionProgress();
    for (let offset = 0n; offset < 5000n; offset++) progress.settle(progress.take(offset));
    expect(progress['open'].length).toBeLessThanOrEqual(1001);
    expect([progress.span, progress.toCommit]).toEqual([0, 5000n]);
  });
});
