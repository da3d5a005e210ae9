import { BARS, barFor, judge } from '../../bench/bars.mjs';

describe('barFor', () => {
  it.each([
    ['18.20.8', 30],
    ['20.20.2', 30],
    ['22.12.0', 30],
    ['24.0.0', 15],
    ['26.10.0', 12],
    ['v28.1.0'.slice(1), 12],
  ])('for Node %s is that of the newest version in it that is not newer', (version, bar) => {
    expect(barFor({ 20: 30, 24: 15, 26: 12 }, version)).toBe(bar);
  });

  it('is the number itself if it does not depend on the version', () => {
    expect(barFor(0.25, '20.20.2')).toBe(0.25);
  });
});

describe('judge', () => {
  it.each([
    [{ ratio: 0.9 }, { ratio: 0.9 }, '<= 0.9', true],
    [{ ratio: 0.9 }, { ratio: 0.91 }, '<= 0.9', false],
    [{ addedUs: 2.5 }, { addedUs: 2.6 }, '+2.5 µs', false],
    [{ rate: 5 }, { rate: 5 }, '5 x events/s', true],
    [{ rate: 5 }, { rate: 4.9 }, '5 x events/s', false],
    [{ perSecond: 120_000 }, { perSecond: 119_999 }, '120,000/s', false],
    [{ p999Ms: 1 }, { p999Ms: 0.9 }, 'p99.9 < 1 ms', true],
    [{ wallMs: 40 }, { wallMs: 40 }, '< 40 ms', false],
    [{ p999Ms: 1 }, { p999Ms: 1 }, 'p99.9 < 1 ms', false],
    [{ addedUs: 6, rate: 0.9 }, { addedUs: 5, rate: 0.95 }, '+6 µs, 0.9 x events/s', true],
    [{ addedUs: 6, rate: 0.9 }, { addedUs: 5, rate: 0.8 }, '+6 µs, 0.9 x events/s', false],
  ])('holds %j against %j', (bars, figure, bar, met) => {
    expect(judge(bars, figure)).toEqual({ bar, met });
  });

  it('takes the bar of the version', () => {
    const bars = { ratio: { 20: 1, 24: 0.9 } };
    expect(judge(bars, { ratio: 0.95 }, '22.1.0')).toEqual({ bar: '<= 1', met: true });
    expect(judge(bars, { ratio: 0.95 }, '24.1.0')).toEqual({ bar: '<= 0.9', met: false });
  });

  it('says nothing without a bar', () => {
    expect(judge(undefined, { ratio: 9 })).toEqual({});
  });

  it('fails a figure that lacks what the bar is about', () => {
    expect(judge({ rate: 5 }, { rate: undefined }).met).toBe(false);
  });
});

describe('BARS', () => {
  it('has words for every bar', () => {
    for (const bars of Object.values(BARS).flatMap((cases) => Object.values(cases)))
      for (const version of ['20.20.2', '24.21.0', '26.10.0'])
        expect(judge(bars, {}, version)).toEqual({ bar: expect.any(String), met: false });
  });
});
