import { StreamTrimmer } from '../../../src/transports/redis-streams/stream-trimmer';

/** A group as XINFO GROUPS shows it. */
const group = (name: string, lastDelivered: string, pending = 0): unknown[] => [
  ...['name', name, 'consumers', 1, 'pending', pending, 'last-delivered-id', lastDelivered],
];

interface FakeStream {
  readonly length: number;
  /** Groups as XINFO GROUPS shows them. */
  readonly groups: readonly (readonly unknown[])[];
  /** Id of the oldest pending entry of each group. */
  readonly oldest: Readonly<Record<string, string | null>>;
  /** Number of entries that XTRIM removes. */
  readonly removed: number;
}

/** A trimmer of a stream with these groups, and its commands. */
function setUp(stream: Partial<FakeStream> = {}) {
  const { length = 20_000, groups = [], oldest = {}, removed = 0 } = stream;
  const commands: string[] = [];
  const warnings: string[] = [];
  const failures: Error[] = [];
  const call = (_timeoutMs: number, ...args: string[]): Promise<unknown> => {
    commands.push(args.join(' '));
    const failure = failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    const [command, , name = ''] = args;
    if (command === 'XLEN') return Promise.resolve(length);
    if (command === 'XINFO') return Promise.resolve(groups);
    if (command === 'XPENDING') return Promise.resolve([1, oldest[name] ?? null]);
    return Promise.resolve(removed);
  };
  const trimmer = new StreamTrimmer({ call }, 's', (text) => warnings.push(text));
  const trims = (): string[] => commands.filter((each) => each.startsWith('XTRIM'));
  return { trimmer, commands, warnings, failures, trims };
}

describe('StreamTrimmer', () => {
  it('looks at the groups after each thousand entries', async () => {
    const { trimmer, commands } = setUp({ length: 0 });
    await trimmer.afterSending(999);
    expect(commands).toEqual([]);
    await trimmer.afterSending(1);
    await trimmer.afterSending(999);
    expect(commands).toEqual(['XLEN s']);
  });

  it('keeps a stream that is short enough', async () => {
    const { trimmer, trims } = setUp({ length: 10_000 });
    await trimmer.afterSending(1000);
    expect(trims()).toEqual([]);
  });

  it('keeps the newest entries of a stream without groups', async () => {
    const { trimmer, trims } = setUp();
    await trimmer.afterSending(1000);
    expect(trims()).toEqual(['XTRIM s MAXLEN ~ 10000']);
  });

  it.each([
    ['has not read it', [group('fast', '9-1'), group('slow', '9-0')], {}, '9-0'],
    ['has read it long ago', [group('fast', '10-0'), group('slow', '9-5')], {}, '9-5'],
    ['has not acknowledged it', [group('a', '9-0'), group('b', '9-9', 1)], { b: '3-7' }, '3-7'],
    ['has acknowledged it meanwhile', [group('b', '9-9', 1)], { b: null }, '9-9'],
  ])('keeps every entry that some group %s', async (_, groups, oldest, from) => {
    const { trimmer, trims } = setUp({ groups, oldest });
    await trimmer.afterSending(1000);
    expect(trims()).toEqual([`XTRIM s MINID ~ ${from} LIMIT 10000`]);
  });

  it('reports once the group that keeps a hundred thousand entries', async () => {
    const { trimmer, warnings } = setUp({ length: 100_010, removed: 10, groups: [group('slow', '1-0')] });
    await trimmer.afterSending(1000);
    await trimmer.afterSending(1000);
    expect(warnings).toEqual([
      expect.stringMatching(/the stream "s" has 100010 entries, since the group "slow".*Fix: /),
    ]);
    const few = setUp({ length: 100_010, removed: 11, groups: [group('slow', '1-0')] });
    await few.trimmer.afterSending(1000);
    expect(few.warnings).toEqual([]);
  });

  it('trims once at a time, and again after a failure', async () => {
    const { trimmer, commands, failures } = setUp({ length: 0 });
    failures.push(new Error('ERR syntax error'));
    await Promise.all([trimmer.afterSending(1000), trimmer.afterSending(1000)]);
    expect(commands).toHaveLength(1);
    await trimmer.afterSending(0);
    expect(commands).toHaveLength(2);
  });
});
