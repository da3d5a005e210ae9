import type { PartitionBounds, ReaderSettings } from '../../../src/transports/kafka/kafka-reader';
import { lagOf, repairPositions, warnNotMoved } from '../../../src/transports/kafka/partition-bounds';

const AT = { topic: 't', partition: 0 };
const bounds = (more: Partial<PartitionBounds>): PartitionBounds => ({
  ...{ ...AT, committed: 20n, low: 10n, high: 70n, isOther: false },
  ...more,
});

describe('repairPositions', () => {
  it.each([
    ['within the partition', {}, [], undefined],
    ['at its end', { committed: 70n }, [], undefined],
    ['at its beginning', { committed: 10n }, [], undefined],
    ['not committed yet', { committed: -1n }, [], undefined],
    ['before the first record', { committed: 4n }, ['missed 4 to 10'], 10n],
    ['after the last record', { committed: 71n }, ['restarted 71 to 10'], 10n],
    ['in a topic that was created again', { isOther: true }, ['restarted 20 to 10'], 10n],
    [
      'not committed in a topic that was created again',
      { committed: -1n, isOther: true },
      ['restarted 0 to 10'],
      undefined,
    ],
  ])('repairs a position %s', (_, more, reported, repaired) => {
    const reports: string[] = [];
    const listener = {
      missed: (_at: unknown, from: bigint, to: bigint) => reports.push(`missed ${String(from)} to ${String(to)}`),
      restarted: (_at: unknown, from: bigint, to: bigint) => reports.push(`restarted ${String(from)} to ${String(to)}`),
    };
    expect(repairPositions([bounds(more)], listener)).toEqual(
      repaired === undefined ? [] : [{ ...AT, offset: repaired }],
    );
    expect(reports).toEqual(reported);
  });
});

describe('lagOf', () => {
  it('adds up the records after each position', () => {
    expect(lagOf([bounds({}), bounds({ committed: 60n })])).toBe(60);
  });

  it('counts from the first record where nothing is committed or the position was deleted', () => {
    expect(lagOf([bounds({ committed: -1n }), bounds({ committed: 4n })])).toBe(120);
  });

  it('counts nothing for a position at or after the end', () => {
    expect(lagOf([bounds({ committed: 70n }), bounds({ committed: 99n }), bounds({ low: 70n, committed: -1n })])).toBe(
      0,
    );
  });
});

describe('warnNotMoved', () => {
  it('names the group, the start and the reason', () => {
    const warn = jest.fn();
    warnNotMoved({ group: 'g', start: 'new', warn } as Partial<ReaderSettings> as ReaderSettings, 'NON_EMPTY_GROUP');
    expect(warn.mock.calls).toEqual([
      [`start is 'new', but the group "g" could not be moved, and continues at its position: NON_EMPTY_GROUP`],
    ]);
  });
});
