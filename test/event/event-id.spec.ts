import { createHash } from 'node:crypto';
import { backend, MemoryBackend, type TrackingClock } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';

// RFC 9562, 5.7: version 7, variant 10.
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MAX_ID_TIME = 2 ** 48 - 1;

async function idsOf(count: number, clock: TrackingClock): Promise<string[]> {
  const { tracker, events } = await startTracking({
    clock,
    backends: { sink: backend(MemoryBackend, { maxEvents: count }) },
  });
  for (let at = 0; at < count; at++) tracker.emit('e');
  return events().map(({ id }) => id);
}

function millisecondsOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

function expectRising(ids: readonly string[]): void {
  expect(ids.findIndex((id, at) => at > 0 && id <= ids[at - 1]!)).toBe(-1);
}

describe('The id of an event', () => {
  it('is a UUIDv7 of the time at which it was emitted', async () => {
    const now = Date.UTC(2024, 1, 3, 4, 5, 0, 789);
    for (const id of await idsOf(50, () => now)) {
      expect(id).toMatch(UUID_V7);
      expect(millisecondsOf(id)).toBe(now);
    }
  });

  it('rises from event to event, however many there are in one millisecond', async () => {
    // A counter of 12 bits holds 4096: what comes beyond borrows the milliseconds that follow, and
    // must not fall back.
    const ids = await idsOf(20_000, () => 1_000_000);
    expectRising(ids);
    for (const id of ids) expect(id).toMatch(UUID_V7);
    expect(millisecondsOf(ids.at(-1)!)).toBeLessThan(1_000_020);
  });

  it('rises where its last digits begin anew', async () => {
    let now = 0x1_ffff_fffd;
    const ids = await idsOf(6, () => now++);
    expectRising(ids);
    expect(ids.map(millisecondsOf)).toEqual(Array.from({ length: 6 }, (_id, at) => 0x1_ffff_fffd + at));
  });

  it('goes on rising when the clock catches up with what was borrowed', async () => {
    let emitted = 0;
    expectRising(await idsOf(30_000, () => 1_000_000 + Math.floor(emitted++ / 10_000)));
  });

  it('follows a clock that is put back', async () => {
    let now = 2_000_000;
    const ids = await idsOf(10, () => (now -= 1000));
    expect(ids.map(millisecondsOf)).toEqual(Array.from({ length: 10 }, (_id, at) => 1_999_000 - at * 1000));
    expect(new Set(ids).size).toBe(10);
  });

  it.each([
    ['before 1970', -1, 0],
    ['beyond 48 bits', MAX_ID_TIME + 1, MAX_ID_TIME],
    ['the last that a Date can hold', 8.64e15, MAX_ID_TIME],
    ['with a fraction', 5.75, 5],
  ])('is whole for a time %s', async (_what, now, milliseconds) => {
    const ids = await idsOf(6000, () => now);
    for (const id of ids) expect(id).toMatch(UUID_V7);
    expect(millisecondsOf(ids[0]!)).toBe(milliseconds);
    expect(new Set(ids).size).toBe(6000);
  });

  it('is in no two events the same, not even of two trackers at the same time', async () => {
    const ids = [...(await idsOf(2000, () => 5)), ...(await idsOf(2000, () => 5))];
    expect(new Set(ids).size).toBe(4000);
  });

  it('follows from its parent, its place, its name and its turn when it is emitted inside a processor', async () => {
    const { tracker, events } = await startTracking({
      processors: [
        ({ name }) => {
          if (name !== 'outer') return;
          tracker.emit('inner');
          tracker.emit('inner');
        },
      ],
    });
    tracker.emit('outer');
    const [first, second, outer] = events().map(({ id }) => id);
    // RFC 9562, 5.8: version 8, variant 10, and for the rest what the docstring of deriveEventId
    // promises.
    const expected = [0, 1].map((turn) => {
      const place = 'processors[0] (a function)';
      const hash = createHash('sha256')
        .update(JSON.stringify([outer, place, 'inner', turn]))
        .digest('hex');
      const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16);
      return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
    });
    expect([first, second]).toEqual(expected);
  });
});
