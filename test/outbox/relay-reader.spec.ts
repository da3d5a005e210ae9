import type { ConsumedMessage } from '../../src/intake/event-consumer';
import type { OutboxRow } from '../../src/outbox/outbox-rows';
import { RelayReader } from '../../src/outbox/relay-reader';
import { until } from '../support/until';

const row = (position: number, attempts = 1): OutboxRow => ({
  position: String(position),
  head: '{}',
  event: '{}',
  attempts,
});

/** A table in memory, an intake that the test finishes, and a reader between them. */
function reader(rows: readonly OutboxRow[], options = {}) {
  const free = [...rows];
  const suspects: OutboxRow[] = [];
  const calls: string[] = [];
  const taken: string[] = [];
  const buried: string[] = [];
  const finish = new Map<string, () => void>();
  const warnings: string[] = [];
  const told: string[] = [];
  const table = {
    failure: undefined as Error | undefined,
    lease: (count: number) => {
      if (table.failure !== undefined) return Promise.reject(table.failure);
      calls.push(`lease ${String(count)}`);
      return Promise.resolve(free.splice(0, count));
    },
    hasSuspect: () => Promise.resolve(suspects.length > 0),
    leaseSuspect: () => Promise.resolve(suspects.shift()),
    remove: (positions: readonly string[]) => Promise.resolve(void calls.push(`remove ${positions.join()}`)),
    clear: (positions: readonly string[]) => Promise.resolve(void calls.push(`clear ${positions.join()}`)),
    extend: (positions: readonly string[]) => Promise.resolve(void calls.push(`extend ${positions.join()}`)),
    release: (positions: readonly string[]) => Promise.resolve(void calls.push(`release ${positions.join()}`)),
    backlog: () => Promise.resolve({ waiting: free.length, leased: 0, oldestAt: undefined }),
  };
  const host = {
    intake: {
      take: (entries: readonly ConsumedMessage[], onDone: (index: number) => void) => {
        entries.forEach(({ position }, index) => {
          taken.push(position);
          finish.set(position, () => onDone(index));
        });
        return Promise.resolve();
      },
      bury: ({ position }: ConsumedMessage) => buried.push(position),
    },
    warn: (text: string) => void warnings.push(text),
    tell: (text: string) => void told.push(text),
  };
  const limits = { batchSize: 2, maxInFlight: 4, leaseMs: 60_000, ...options };
  let prepared = 0;
  const made = new RelayReader(
    table,
    host,
    limits,
    () => {
      prepared++;
      return Promise.resolve();
    },
    () => 60_000,
  );
  const done = (...positions: readonly number[]): void => {
    for (const position of positions) finish.get(String(position))?.();
  };
  return {
    reader: made,
    ...{ free, suspects, table, calls, taken, buried, warnings, told, done },
    prepared: () => prepared,
  };
}

describe('RelayReader', () => {
  it('takes rows until as many are open as it may have, and goes on when some are deleted', async () => {
    const run = reader([1, 2, 3, 4, 5].map((position) => row(position)));
    run.reader.begin();
    await until(() => run.taken.length === 4);
    run.done(1);
    await until(() => run.calls.includes('remove 1'));
    expect(run.taken).toEqual(['1', '2', '3', '4']);
    run.done(2);
    await until(() => run.taken.length === 5);
    await run.reader.end(1000);
    await run.reader.close();
    expect(run.calls.at(-1)).toBe('release 3,4,5');
  });

  it('looks again when it is woken', async () => {
    const run = reader([]);
    run.reader.begin();
    await until(() => run.calls.length === 1);
    run.free.push(row(1));
    run.reader.wake();
    await until(() => run.taken.length === 1);
    await run.reader.end(1000);
    await run.reader.close();
  });

  it('reports an outage once and its end, and prepares again', async () => {
    const run = reader([row(1)]);
    run.table.failure = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    run.reader.begin();
    await until(() => run.prepared() >= 2);
    run.table.failure = undefined;
    await until(() => run.told.length === 1);
    expect(run.taken).toEqual(['1']);
    expect(run.warnings).toEqual([
      'it cannot use its table: PostgreSQL was not reached (connect ECONNREFUSED). Its events wait there, and it tries again.',
    ]);
    await run.reader.end(1000);
    await run.reader.close();
  });

  it('passes a suspect on alone, when everything before it is done', async () => {
    const run = reader([row(1)]);
    run.suspects.push(row(7, 6));
    run.reader.begin();
    await until(() => run.taken.length === 1);
    run.free.push(row(8));
    run.reader.wake();
    run.done(1);
    await until(() => run.taken.includes('7'));
    expect(run.taken).toEqual(['1', '7']);
    run.done(7);
    await until(() => run.taken.includes('8'));
    await run.reader.end(1000);
    await run.reader.close();
  });

  it('buries an event after ten leases that ended badly', async () => {
    const run = reader([]);
    run.suspects.push(row(7, 10), row(8, 11));
    run.reader.begin();
    await until(() => run.taken.includes('7'));
    run.done(7);
    await until(() => run.calls.includes('remove 8'));
    expect(run.buried).toEqual(['8']);
    await run.reader.end(1000);
    await run.reader.close();
  });

  it('goes on while a suspect is not done, and forgets its attempts', async () => {
    const run = reader([], { leaseMs: 60 });
    run.suspects.push(row(7, 6));
    run.reader.begin();
    await until(() => run.calls.includes('clear 7'));
    run.free.push(row(8));
    run.reader.wake();
    await until(() => run.taken.includes('8'));
    expect(run.taken).toEqual(['7', '8']);
    await run.reader.end(1000);
    await run.reader.close();
  });

  it('takes a suspect beside rows that the process has survived', async () => {
    const run = reader([row(1)], { leaseMs: 60 });
    run.reader.begin();
    await until(() => run.taken.length === 1);
    run.suspects.push(row(7, 6));
    await until(() => {
      run.reader.wake();
      return run.taken.includes('7');
    });
    expect([run.taken, run.calls.filter((call) => call.startsWith('clear'))[0]]).toEqual([['1', '7'], 'clear 1']);
    await run.reader.end(1000);
    await run.reader.close();
  });

  it('forgets no attempts of a suspect when it ends', async () => {
    const run = reader([]);
    run.suspects.push(row(7, 6));
    run.reader.begin();
    await until(() => run.taken.includes('7'));
    await run.reader.end(1000);
    await run.reader.close();
    expect(run.calls.filter((call) => !call.startsWith('lease'))).toEqual(['release 7']);
  });

  it('does not say that all is well while rows cannot be deleted', async () => {
    const run = reader([row(1)]);
    run.table.remove = () => Promise.reject(new Error('no right to delete'));
    run.reader.begin();
    await until(() => run.taken.length === 1);
    run.done(1);
    await until(() => run.warnings.length === 1);
    run.reader.wake();
    await until(() => run.calls.filter((call) => call.startsWith('lease')).length >= 2);
    expect(run.told).toEqual([]);
    await run.reader.end(1000);
    await run.reader.close();
  });

  it('returns rows that it got while it was ending', async () => {
    const run = reader([]);
    let answer = (_rows: readonly OutboxRow[]): void => undefined;
    run.table.lease = () => new Promise((resolve) => (answer = resolve as never));
    run.reader.begin();
    await new Promise((resolve) => setImmediate(resolve));
    const ended = run.reader.end(1000);
    answer([row(3)]);
    await ended;
    expect([run.taken, run.calls]).toEqual([[], ['release 3']]);
    await run.reader.close();
  });

  it('renews the leases of open rows', async () => {
    const run = reader([row(1)], { leaseMs: 30 });
    run.reader.begin();
    await until(() => run.calls.includes('extend 1'));
    await run.reader.end(1000);
    await run.reader.close();
  });

  it('ends while it waits for room, and closes although a row is never done', async () => {
    const run = reader([1, 2, 3, 4, 5].map((position) => row(position)));
    run.reader.begin();
    await until(() => run.taken.length === 4);
    await run.reader.end(10_000);
    await run.reader.close();
    expect([run.taken.length, run.calls.at(-1)]).toEqual([4, 'release 1,2,3,4']);
  });
});
