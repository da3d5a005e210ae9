import { events, fixedClock, fixedIds } from '../../src/entries/testing';
import { compiled } from './compiled';

const noon = '2026-01-01T12:00:00.000Z';

describe('fixedClock', () => {
  it('stands still', () => {
    const clock = fixedClock(noon);

    expect([clock(), clock()].map((time) => time.toISOString())).toEqual([noon, noon]);
  });

  it('goes on by one step with each reading', () => {
    const clock = fixedClock(noon, { stepMs: 250 });

    expect([clock(), clock(), clock()].map((time) => time.getMilliseconds())).toEqual([0, 250, 500]);
  });

  it.each([[noon], [new Date(noon)], [Date.parse(noon)]])('takes %p', (start) => {
    expect(fixedClock(start)()).toEqual(new Date(noon));
  });

  it('begins with the year 2026 unless told otherwise', () => {
    expect(fixedClock()().toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });

  it('is moved and set by the test', async () => {
    const clock = fixedClock(noon);
    const { module, tracker } = await compiled({ clock });

    tracker.emit('a');
    clock.advance(90_000);
    tracker.emit('b');
    clock.set('2030-01-01T00:00:00Z');
    tracker.emit('c');
    clock.advance(-1);
    tracker.emit('d');

    expect(events(module).map(({ timestamp }) => timestamp.toISOString())).toEqual([
      noon,
      '2026-01-01T12:01:30.000Z',
      '2030-01-01T00:00:00.000Z',
      '2029-12-31T23:59:59.999Z',
    ]);
  });

  it('refuses what is no time, which the tracker would take for a broken clock', () => {
    expect(() => fixedClock('noon')).toThrow(RangeError);
    expect(() => fixedClock('noon')).toThrow(`"noon" is not a valid time. Fix: use fixedClock('2026-01-01T00:00:00Z')`);
    expect(() => fixedClock(new Date(Number.NaN))).toThrow(RangeError);
    expect(() => fixedClock(noon, { stepMs: Number.NaN })).toThrow('stepMs is NaN');
    expect(() => fixedClock(noon).advance(Infinity)).toThrow(RangeError);
    expect(() => fixedClock(noon).set('never')).toThrow(RangeError);
  });

  it('is of one test alone', () => {
    const [first, second] = [fixedClock(noon, { stepMs: 1 }), fixedClock(noon, { stepMs: 1 })];
    first();

    expect(second()).toEqual(new Date(noon));
  });
});

describe('fixedIds', () => {
  it('counts, in valid UUIDs, each call of it anew', () => {
    const [first, second] = [fixedIds(), fixedIds()];

    expect([first(), first(), second()]).toEqual([
      '00000000-0000-7000-8000-000000000001',
      '00000000-0000-7000-8000-000000000002',
      '00000000-0000-7000-8000-000000000001',
    ]);
    const ids = Array.from({ length: 100 }, first);
    expect(new Set(ids).size).toBe(100);
    expect(ids).toEqual([...ids].sort());
  });
});
