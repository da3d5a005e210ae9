import fc from 'fast-check';
import { compareWithRows } from '../../scripts/chaos/oracle.mjs';

const came = (
  key: string,
  part = 1,
  id = `id of ${key} ${String(part)}`,
): { id: string; key: string; part: number } => ({
  ...{ id, key, part },
});

describe('compareWithRows', () => {
  it('finds nothing wrong if each event of each row came', () => {
    const rows = [
      { key: 'a', events: 1 },
      { key: 'b', events: 2 },
    ];
    expect(compareWithRows(rows, [came('b', 2), came('a'), came('b', 1)])).toEqual({
      ...{ expected: 3, arrived: 3, sentAgain: 0 },
      ...{ orphans: [], phantoms: [], renamed: [] },
    });
  });

  it('names the events of a row that did not come, and those that came without a row', () => {
    const compared = compareWithRows([{ key: 'a', events: 2 }], [came('a', 1), came('b', 1), came('a', 3)]);
    expect(compared).toMatchObject({ orphans: ['a#2'], phantoms: ['b#1', 'a#3'] });
  });

  it('expects no event of a row that has none', () => {
    expect(compareWithRows([{ key: 'a', events: 0 }], [])).toMatchObject({ expected: 0, orphans: [], phantoms: [] });
  });

  it('counts what came again, and names what came under two ids', () => {
    const rows = [
      { key: 'a', events: 1 },
      { key: 'b', events: 1 },
    ];
    const events = [came('a'), came('a'), came('a'), came('b', 1, 'one'), came('b', 1, 'other')];
    expect(compareWithRows(rows, events)).toMatchObject({ arrived: 2, sentAgain: 3, renamed: ['b#1'] });
  });

  it('finds exactly the transactions whose row and events differ', () => {
    const transaction = fc.record({
      events: fc.integer({ min: 1, max: 2 }),
      hasRow: fc.boolean(),
      isSent: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(transaction), (transactions) => {
        const all = transactions.map((each, at) => ({ ...each, key: String(at) }));
        const rows = all.filter(({ hasRow }) => hasRow);
        const events = all
          .filter(({ isSent }) => isSent)
          .flatMap(({ key, events: count }) => Array.from({ length: count }, (_, at) => came(key, at + 1)));
        const { orphans, phantoms } = compareWithRows(rows, events);
        const keysOf = (names: readonly string[]): string[] => [
          ...new Set(names.map((name) => name.split('#')[0] ?? '')),
        ];
        expect(keysOf(orphans)).toEqual(all.filter(({ hasRow, isSent }) => hasRow && !isSent).map(({ key }) => key));
        expect(keysOf(phantoms)).toEqual(all.filter(({ hasRow, isSent }) => !hasRow && isSent).map(({ key }) => key));
      }),
    );
  });
});
