import type { KafkaReader, PartitionOffset, TopicPartition } from '../../../src/transports/kafka/kafka-reader';
import { OffsetCommits } from '../../../src/transports/kafka/offset-commits';

const offset = (partition: number, to: bigint): PartitionOffset => ({ topic: 't', partition, offset: to });

/** Commits of a consumer whose finished offsets a test sets. */
function setUp() {
  const state = {
    toCommit: [offset(0, 5n)],
    forgotten: undefined as TopicPartition | undefined,
    window: -1,
    isEnding: false,
    failures: [] as Error[],
    hold: undefined as Promise<void> | undefined,
  };
  const committed: PartitionOffset[][] = [];
  const settled: (readonly PartitionOffset[])[] = [];
  const failed: string[] = [];
  const reader = {
    commit: async (offsets: PartitionOffset[]) => {
      committed.push(offsets);
      await state.hold;
      const failure = state.failures.shift();
      if (failure !== undefined) throw failure;
    },
    fail: ({ message }: Error) => failed.push(message),
  } as Partial<KafkaReader> as KafkaReader;
  let current: KafkaReader | undefined = reader;
  const commits = new OffsetCommits({
    progress: {
      toCommit: () => state.toCommit,
      snapshot: () => new Map(),
      committed: (positions) => settled.push(positions),
      findForgotten: () => Promise.resolve(state.forgotten),
    },
    guard: { isInWindow: ({ partition }) => partition === state.window },
    reader: () => current,
    isEnding: () => state.isEnding,
  });
  const lose = (): void => {
    current = undefined;
  };
  return { state, committed, settled, failed, commits, reader, lose };
}

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('OffsetCommits', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('commits once, 200 ms after the first of several calls', async () => {
    const { committed, settled, commits } = setUp();
    commits.soon();
    await pass(100);
    commits.soon();
    await pass(99);
    expect(committed).toEqual([]);
    await pass(1);
    await pass(1000);
    expect([committed, settled]).toEqual([[[offset(0, 5n)]], [[offset(0, 5n)]]]);
  });

  it('leaves out a partition whose note must not change', async () => {
    const { state, committed, commits } = setUp();
    state.toCommit = [offset(0, 5n), offset(1, 7n)];
    state.window = 0;
    commits.soon();
    await pass(200);
    expect(committed).toEqual([[offset(1, 7n)]]);
  });

  it('commits nothing without a reader, or if nothing has moved', async () => {
    const { state, committed, commits, lose } = setUp();
    const { toCommit } = state;
    state.toCommit = [];
    commits.soon();
    await pass(200);
    state.toCommit = toCommit;
    lose();
    commits.soon();
    await pass(200);
    expect(committed).toEqual([]);
  });

  it('runs one commit at a time, and repeats it for what finishes meanwhile', async () => {
    const { state, committed, commits } = setUp();
    let release = (): void => undefined;
    state.hold = new Promise((resolve) => (release = resolve));
    commits.soon();
    await pass(200);
    commits.soon();
    await pass(1000);
    expect(committed).toHaveLength(1);
    let isIdle = false;
    void commits.whenIdle().then(() => (isIdle = true));
    await pass(0);
    expect(isIdle).toBe(false);
    state.hold = undefined;
    release();
    await pass(200);
    expect([isIdle, committed.length]).toEqual([true, 2]);
  });

  it('tries again after a failure, unless the consumer ends', async () => {
    const { state, committed, settled, commits } = setUp();
    state.failures.push(new Error('REBALANCE_IN_PROGRESS'), new Error('REBALANCE_IN_PROGRESS'));
    commits.soon();
    await pass(200);
    state.isEnding = true;
    await pass(200);
    await pass(1000);
    expect([committed.length, settled]).toEqual([2, []]);
  });

  it('commits nothing and makes the reader fail if the position of the group is lost', async () => {
    const { state, committed, failed, commits } = setUp();
    state.forgotten = { topic: 'gone', partition: 0 };
    commits.soon();
    await pass(200);
    expect([committed, failed]).toEqual([[], ['the position of the group in the topic "gone" is gone']]);
  });

  it('says of a reader that was replaced nothing', async () => {
    const { state, failed, commits, reader, lose } = setUp();
    state.forgotten = { topic: 'gone', partition: 0 };
    expect(await commits.failIfForgotten(reader)).toBe(true);
    lose();
    expect([await commits.failIfForgotten(reader), failed.length]).toEqual([false, 1]);
  });

  it('commits at the end without waiting, and after a commit that is running', async () => {
    const { state, committed, commits } = setUp();
    let release = (): void => undefined;
    state.hold = new Promise((resolve) => (release = resolve));
    commits.soon();
    await pass(200);
    commits.soon();
    const finished = commits.finish(2000);
    state.toCommit = [offset(0, 9n)];
    state.hold = undefined;
    release();
    await finished;
    expect(committed).toEqual([[offset(0, 5n)], [offset(0, 9n)]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends in time though the brokers do not answer', async () => {
    const { state, commits } = setUp();
    state.hold = new Promise(() => undefined);
    let isOver = false;
    void commits.finish(2000).then(() => (isOver = true));
    await pass(1999);
    expect(isOver).toBe(false);
    await pass(1);
    expect(isOver).toBe(true);
  });
});
