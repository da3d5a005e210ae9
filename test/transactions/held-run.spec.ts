import { HeldRun } from '../../src/transactions/held-run';
import { startTracking } from '../support/start-tracking';

describe('HeldRun', () => {
  it('holds events until the library has committed, although the body has ended before', async () => {
    const { tracker, names } = await startTracking();
    const run = new HeldRun(tracker, {});
    await run.around(async () => {
      await run.body(async () => {
        await Promise.resolve();
        tracker.emit('a');
      });
      expect(names()).toEqual([]); // COMMIT
    });
    expect(names()).toEqual(['a']);
  });

  it('drops the events if the commit fails', async () => {
    const { tracker, names, ledger } = await startTracking();
    const run = new HeldRun(tracker, {});
    const transaction = run.around(async () => {
      await run.body(async () => {
        tracker.emit('a');
        await Promise.resolve();
      });
      throw new Error('serialization failure');
    });
    await expect(transaction).rejects.toThrow('serialization failure');
    expect([names(), ledger.tracker().dropped]).toEqual([[], { 'rolled-back': 1 }]);
  });

  it('sends only the events of the last run of a body that the library repeats', async () => {
    const { tracker, names, ledger } = await startTracking();
    const run = new HeldRun(tracker, {});
    await run.around(async () => {
      for (const attempt of [1, 2, 3])
        await run.body(async () => {
          tracker.emit(`attempt ${String(attempt)}`);
          await Promise.resolve();
        });
    });
    expect([names(), ledger.tracker().dropped]).toEqual([['attempt 3'], { 'rolled-back': 2 }]);
  });

  it('drops the events of a body that has failed, even if the library resolves', async () => {
    const { tracker, names } = await startTracking();
    const run = new HeldRun(tracker, {});
    await run.around(() =>
      run
        .body(async () => {
          tracker.emit('a');
          await Promise.reject(new Error('failed'));
        })
        .catch(() => undefined),
    );
    expect(names()).toEqual([]);
  });

  it('leaves a lazy query to the library, which runs it once', async () => {
    const { tracker, names } = await startTracking();
    const run = new HeldRun(tracker, {});
    let runs = 0;
    const query = {
      then(resolve: (rows: number) => void): void {
        runs++;
        tracker.emit('inserted');
        resolve(1);
      },
    };
    expect(await run.around(async () => await run.body(() => query))).toBe(1);
    expect([runs, names()]).toEqual([1, ['inserted']]);
  });

  it('passes on the rejection of a library whose body never ends', async () => {
    const { tracker, ledger } = await startTracking();
    const run = new HeldRun(tracker, {});
    const transaction = run.around(async () => {
      void run.body(() => {
        tracker.emit('a');
        return new Promise(() => undefined);
      });
      await Promise.reject(new Error('timeout'));
    });
    await expect(transaction).rejects.toThrow('timeout');
    expect(ledger.tracker()).toMatchObject({ held: 0, dropped: { 'rolled-back': 1 } });
  });

  it('does not hold the events of a body that runs after the library has answered', async () => {
    const { tracker, names, ledger } = await startTracking();
    const run = new HeldRun(tracker, {});
    const later = run.around(() => () => run.body(() => tracker.emit('a')));
    later();
    later();
    expect([names(), ledger.tracker().held]).toEqual([['a', 'a'], 0]);
  });

  it('passes on what the body and the library return and throw, synchronously too', async () => {
    const { tracker, names } = await startTracking();
    const run = new HeldRun(tracker, {});
    const fail = (): never => {
      throw new Error('failed');
    };
    expect(run.around(() => run.body(() => 7))).toBe(7);
    expect(() => run.around(() => run.body(fail))).toThrow('failed');
    expect(() => run.around(fail)).toThrow('failed');
    tracker.emit('after');
    expect(names()).toEqual(['after']);
  });
});
