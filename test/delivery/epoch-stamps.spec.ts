import fc from 'fast-check';
import { ageSince, EpochStamps } from '../../src/delivery/epoch-stamps';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('EpochStamps', () => {
  it('lead back to the monotonic time at which they were written, however the clock was set meanwhile', () => {
    const step = fc.record({
      passes: fc.integer({ min: 1, max: 100_000 }),
      jumps: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 5000, max: 31_536_000_000 }) }, // forward: no time comes twice
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const stamps = new EpochStamps();
        let [now, offset] = [1000.5, 1_700_000_000_000];
        const wall = jest.spyOn(Date, 'now').mockImplementation(() => Math.floor(now + offset));
        const written = steps.map(({ passes, jumps }) => {
          now += passes;
          offset += jumps;
          return { now, epoch: stamps.stamp(now) };
        });
        for (const each of written) {
          expect(Math.abs((stamps.monotonicOf(each.epoch, now) ?? NaN) - each.now)).toBeLessThan(1100);
        }
        wall.mockRestore();
      }),
    );
  });

  it('make nothing older than it is where the clock was set back, and a time came twice', () => {
    const stamps = new EpochStamps();
    const wall = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
    const first = stamps.stamp(100);
    wall.mockReturnValue(1_000_500 - 60_000);
    stamps.stamp(600);
    wall.mockReturnValue(1_000_000);
    const second = stamps.stamp(60_100);
    expect(second).toBe(first);
    expect(stamps.monotonicOf(second, 60_100)).toBe(60_100);
  });

  it('of another process are unknown', () => {
    const stamps = new EpochStamps();
    expect(stamps.monotonicOf(5, 100)).toBeUndefined();
    jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
    stamps.stamp(100);
    expect(stamps.monotonicOf(2_000_000, 100)).toBeUndefined();
  });

  it('remember no more jumps than memory should hold', () => {
    const stamps = new EpochStamps();
    const wall = jest.spyOn(Date, 'now');
    for (let n = 0; n < 1000; n++) {
      wall.mockReturnValue(n * 1e6);
      stamps.stamp(n);
    }
    expect((stamps as unknown as { spans: unknown[] }).spans.length).toBeLessThan(50);
    expect(stamps.monotonicOf(999e6, 1000)).toBe(999);
  });
});

describe('ageSince', () => {
  it('is never negative, and never NaN', () => {
    jest.spyOn(Date, 'now').mockReturnValue(1000);
    expect([400, 1000, 5000, NaN, -Infinity, Infinity].map(ageSince)).toEqual([600, 0, 0, 0, Infinity, 0]);
  });
});
