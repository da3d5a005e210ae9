import { DoneRows } from '../../src/outbox/done-rows';
import { gate } from '../tracker/transaction-parts';

describe('DoneRows', () => {
  it('deletes all rows of one turn with one statement', async () => {
    const statements: (readonly string[])[] = [];
    const removed: string[] = [];
    const done = new DoneRows(
      (positions) => Promise.resolve(void statements.push(positions)),
      (positions) => void removed.push(...positions),
      fail,
    );
    done.add('1');
    done.add('2');
    await done.settled();
    expect([statements, removed]).toEqual([[['1', '2']], ['1', '2']]);
  });

  it('begins one statement at a time, and deletes later rows afterwards', async () => {
    const statements: (readonly string[])[] = [];
    const opened = gate();
    const done = new DoneRows(
      async (positions) => {
        statements.push(positions);
        await opened.opened;
      },
      () => undefined,
      fail,
    );
    done.add('1');
    await new Promise((resolve) => setImmediate(resolve));
    done.add('2');
    done.add('3');
    expect(statements).toEqual([['1']]);
    opened.open();
    await done.settled();
    expect(statements).toEqual([['1'], ['2', '3']]);
  });

  it('tries again after a failure, and reports it', async () => {
    const failures: unknown[] = [];
    const removed: string[] = [];
    let attempts = 0;
    const done = new DoneRows(
      () => (++attempts < 3 ? Promise.reject(new Error(`down ${String(attempts)}`)) : Promise.resolve()),
      (positions) => void removed.push(...positions),
      (error) => failures.push(error),
    );
    done.add('1');
    await done.settled();
    expect([attempts, removed]).toEqual([3, ['1']]);
    expect(failures).toEqual([new Error('down 1'), new Error('down 2')]);
  });

  it('stops trying at its end', async () => {
    let attempts = 0;
    const done = new DoneRows(
      () => {
        attempts++;
        done.end();
        return Promise.reject(new Error('down'));
      },
      fail,
      () => undefined,
    );
    done.add('1');
    await done.settled();
    expect(attempts).toBe(1);
  });

  it('deletes rows that are added after it was at rest', async () => {
    const removed: string[] = [];
    const done = new DoneRows(
      () => Promise.resolve(),
      (positions) => void removed.push(...positions),
      fail,
    );
    await done.settled();
    for (const position of ['1', '2']) {
      done.add(position);
      await done.settled();
    }
    expect(removed).toEqual(['1', '2']);
  });
});

function fail(): never {
  throw new Error('not expected');
}
