import { compare, inPairs, median, tableOf } from '../../bench/figures.mjs';

const of = (...cpuUs: number[]) => cpuUs.map((us) => ({ cpuUs: us, bytes: 1059 }));
const pair = { case: 'b', subject: 'ours', versus: 'theirs' };

describe('median', () => {
  it('is the middle one, or between the two in the middle', () => {
    expect(median([9, 1, 3])).toBe(3);
    expect(median([10, 1, 3, 2])).toBe(2.5);
  });

  it('leaves its input in order', () => {
    const numbers = [3, 1, 2];
    median(numbers);
    expect(numbers).toEqual([3, 1, 2]);
  });
});

describe('compare', () => {
  it('takes medians of the pairs, not ratios of medians', () => {
    const figure = compare({ ...pair, mine: of(10, 30, 20), other: of(20, 20, 100) });
    expect(figure).toMatchObject({ bytes: 1059, cpuUs: 20, perSecond: 50_000, ratio: 0.5, addedUs: -10 });
    expect(figure).not.toHaveProperty('bar');
  });

  it('says which bar there is for this Node and whether it is met', () => {
    const one = { ...pair, mine: of(1.95), other: of(2), bars: { ratio: { 20: 1, 24: 0.9 } } };
    expect(compare({ ...one, version: '20.20.2' })).toMatchObject({ bar: '<= 1', met: true });
    expect(compare({ ...one, version: '26.10.0' })).toMatchObject({ bar: '<= 0.9', met: false });
  });

  it('compares events a second where they are measured', () => {
    const mine = [{ cpuUs: 5, perSecond: 1000 }];
    const other = [{ cpuUs: 5, perSecond: 2000 }];
    expect(compare({ ...pair, mine, other, bars: { rate: 0.7 } })).toMatchObject({
      subject: 'ours: 0.50 x events/s',
      ...{ perSecond: 1000, rate: 0.5, bar: '0.7 x events/s', met: false },
    });
  });
});

describe('inPairs', () => {
  it('measures one after the other, in turns', async () => {
    const turns: string[] = [];
    const measure = (name: string, cpuUs: number) => async () => {
      turns.push(`${name} starts`);
      await Promise.resolve();
      turns.push(`${name} ends`);
      return { cpuUs };
    };
    const figure = await inPairs({ ...pair, pairs: 2, ours: measure('ours', 1), theirs: measure('theirs', 4) });
    expect(figure.ratio).toBe(0.25);
    const round = ['ours starts', 'ours ends', 'theirs starts', 'theirs ends'];
    expect(turns).toEqual([...round, ...round]);
  });

  it('compares what was measured in the same turn', async () => {
    const inTurn =
      (...costs: number[]) =>
      () => ({ cpuUs: costs.shift() ?? Number.NaN });
    const figure = await inPairs({ ...pair, pairs: 2, ours: inTurn(1, 2), theirs: inTurn(10, 4) });
    expect(figure).toMatchObject({ ratio: 0.3, addedUs: -5.5, cpuUs: 1.5, versusUs: 7 });
  });
});

describe('tableOf', () => {
  it('leaves out columns that no figure has and aligns the others', () => {
    const lines = tableOf([
      { case: 'a', subject: 'one', cpuUs: 1.234, perSecond: 810_372.7 },
      { case: 'b', subject: 'another', cpuUs: 12, perSecond: 83_333, bar: '<= 0.9', met: false },
    ]);
    expect(lines).toEqual([
      'case  subject  CPU µs  per second  bar',
      'a     one        1.23     810,373',
      'b     another   12.00      83,333  <= 0.9  MISSED',
    ]);
  });
});

describe('The warm-up of a subject', () => {
  const steady = { cpuUs: 5, coldUs: 60, warmUpMs: 700, isSteady: true };
  const one = { ...pair, other: of(5) };

  it('is in its figure: the median of the first events and of the time, and whether all processes became steady', () => {
    const other = { ...steady, coldUs: 80, warmUpMs: 900 };
    expect(compare({ ...one, mine: [steady, other], other: of(5, 5) })).toMatchObject({
      ...{ coldUs: 70, warmUpMs: 800, isSteady: true },
    });
    const capped = { ...other, isSteady: false };
    expect(compare({ ...one, mine: [steady, capped], other: of(5, 5) }).isSteady).toBe(false);
  });

  it('is in the table, with the word that it hit the limit', () => {
    const figures = [steady, { ...steady, warmUpMs: 20_000, isSteady: false }, { ...steady, coldUs: undefined }];
    const [header, ...rows] = tableOf(figures.map((figure) => compare({ ...one, mine: [figure] as [typeof steady] })));
    expect(header).toContain('CPU µs  per second  cold µs  warm-up');
    expect(rows[0]).toContain('60.00  700 ms  ');
    expect(rows[1]).toContain('60.00  20,000 ms, not steady');
    expect(rows[2]).not.toContain(' ms');
  });

  it('has no verdict where there was none', () => {
    const { isSteady, ...smoke } = steady;
    expect(compare({ ...one, mine: [smoke] })).toMatchObject({ coldUs: 60 });
    expect(compare({ ...one, mine: [smoke] })).not.toHaveProperty('isSteady');
    expect(isSteady).toBe(true);
  });
});
