import fc from 'fast-check';
import { RecentKeys } from '../../src/processors/recent-keys';

describe('RecentKeys', () => {
  it('knows the keys that were entered last, whatever the order in which they come again', () => {
    const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { maxLength: 60 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 6 }), (entered, maxKeys) => {
        const recent = new RecentKeys<number>(maxKeys);
        for (const [at, key] of entered.entries()) recent.enter(key, at);
        const latestFirst = [...new Set([...entered].reverse())];

        for (const key of latestFirst.slice(0, maxKeys)) expect(recent.get(key)).toBe(entered.lastIndexOf(key));
        for (const key of latestFirst.slice(maxKeys)) expect(recent.get(key)).toBeUndefined();
      }),
    );
  });

  it('costs no more once it forgets than before, however many it has forgotten', () => {
    const recent = new RecentKeys<number>(50_000);
    const enter = (from: number): number => {
      const before = process.cpuUsage();
      for (let at = from; at < from + 50_000; at++) recent.enter(`key ${String(at)}`, at);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const filling = enter(0);
    const forgetting = [50_000, 100_000, 150_000].map(enter);

    expect(Math.min(...forgetting) / filling).toBeLessThan(8); // 20 to 50 times as much with an iterator for each
  });
});
