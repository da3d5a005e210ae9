import { GroupProgress } from '../../../src/transports/kafka/group-progress';
import type {
  KafkaReader,
  KafkaRecord,
  PartitionBounds,
  PartitionOffset,
} from '../../../src/transports/kafka/kafka-reader';

const AT = { topic: 't', partition: 0 };
const BOUNDS: PartitionBounds = { ...AT, committed: 20n, low: 0n, high: 70n, isOther: false };

/** A member that has read and committed 20 records, and what it reports. */
function member() {
  const reports: string[] = [];
  const commits: PartitionOffset[] = [];
  let bounds = BOUNDS;
  const progress = new GroupProgress({
    missed: (_at, from, to) => reports.push(`missed ${String(from)} to ${String(to)}`),
    restarted: (_at, from, to) => reports.push(`restarted ${String(from)} to ${String(to)}`),
  });
  const reader = {
    committed: () => Promise.resolve([bounds]),
    commit: (offsets: readonly PartitionOffset[]) => Promise.resolve(void commits.push(...offsets)),
  } as Partial<KafkaReader> as KafkaReader;
  const read = (...offsets: number[]): void => {
    for (const offset of offsets) {
      const record = { ...AT, offset: BigInt(offset) } as KafkaRecord;
      const done = progress.of(record);
      done?.settle(done.take(record.offset));
    }
  };
  progress.assign([AT]);
  read(...Array(20).keys());
  progress.committed(progress.toCommit(), progress.snapshot());
  const look = (seen: Partial<PartitionBounds>) => {
    bounds = { ...BOUNDS, ...seen };
    return progress.findForgotten(reader);
  };
  return { reports, commits, read, look, progress };
}

describe('The progress of a group', () => {
  it('counts records that were deleted and passed over by the client, once, and reads on', async () => {
    const { reports, commits, read, look, progress } = member();
    read(60, 61);
    expect(await look({ committed: -1n, low: 60n })).toBeUndefined();
    expect(reports).toEqual(['missed 20 to 60']);
    expect(commits).toEqual([{ ...AT, offset: 62n }]);
    expect(await look({ committed: 62n, low: 60n })).toBeUndefined();
    expect(reports).toHaveLength(1);
    expect(progress.toCommit()).toEqual([{ ...AT, offset: 62n }]);
  });

  it('does not count those that were read before they were deleted', async () => {
    const { reports, read, look } = member();
    read(60, 61);
    await look({ committed: 62n, low: 65n });
    expect(reports).toEqual(['missed 20 to 60']);
  });

  it('takes a gap of a compacted topic for none, whatever is deleted later', async () => {
    const { reports, read, look } = member();
    read(25, 26);
    await look({ committed: 27n, low: 5n });
    await look({ committed: 27n, low: 27n });
    expect(reports).toEqual([]);
  });

  it('still finds a topic that was made again', async () => {
    const { reports, read, look } = member();
    read(25);
    expect(await look({ committed: -1n, low: 0n, high: 3n })).toEqual(expect.objectContaining(AT));
    expect(reports).toEqual(['restarted 20 to 0']);
  });
});
