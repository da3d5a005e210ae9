import { textFault } from '../../../src/backends/postgres/event-rows';
import { insertSql } from '../../../src/backends/postgres/insert-sql';
import { nextMonth } from '../../../src/backends/postgres/month';
import { cpuMs, expectWithin } from '../../support/growth';

const faultIn = (text: string): string | undefined => textFault(JSON.stringify({ text }));

describe('textFault', () => {
  it('refuses a zero byte behind any number of backslashes, and no backslash itself', () => {
    for (const count of [0, 1, 2, 3, 4]) {
      const run = '\\'.repeat(count);
      expect(faultIn(`${run}\0`)).toContain('a zero byte');
      expect(faultIn(`${run}u0000`)).toBeUndefined();
    }
  });

  it('looks at a long run of backslashes in time linear in its length', () => {
    expectWithin(1000, () => cpuMs(() => faultIn(`${'\\'.repeat(200_000)} \u0001`)));
  });
});

describe('nextMonth', () => {
  it.each([
    ['2026-11', '2026-12'],
    ['2026-12', '2027-01'],
    ['0024-06', '0024-07'],
    ['9999-12', '10000-01'],
  ])('follows %s by %s', (month, next) => {
    expect(nextMonth(month)).toBe(next);
  });
});

describe('insertSql', () => {
  it('casts to text only for types of characters', () => {
    const castOf = (type: string): string => {
      const sql = insertSql({ columns: { own: { type, from: 'data.own' } } });
      return /'own'\)::([\w ]+?)(?: FROM|[,\n)])/.exec(sql)?.[1] ?? sql;
    };
    expect(['varchar(3)', 'character varying(3)', 'char(2)', 'bpchar', 'charge_status'].map(castOf)).toEqual([
      ...['text', 'text', 'text', 'text'],
      'charge_status',
    ]);
  });
});
