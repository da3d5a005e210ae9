import { setImmediate as nextTurn } from 'node:timers/promises';
import { lossesOf } from '../../src/ledger/losses';
import { expectBalance, RecordingLogger, startTracking } from '../support/start-tracking';
import { failing, gate } from './transaction-parts';

describe('The limits of a transaction', () => {
  it('drop, count and report events over maxEvents, nested ones included', async () => {
    const logger = new RecordingLogger();
    const { tracker, names, ledger } = await startTracking({ logger, transactions: { maxEvents: 2 } });
    await tracker.transaction(async () => {
      tracker.emit('a');
      await tracker.transaction(() => {
        for (const name of ['b', 'c', 'd']) tracker.emit(name);
      });
    });
    expect([names(), ledger.tracker().dropped]).toEqual([['a', 'b'], { 'transaction-full': 2 }]);
    expect(lossesOf(ledger)).toEqual([{ node: 'before the tree', reason: 'transaction-full', count: 2 }]);
    expect(logger.warnings).toEqual([
      'the event "c" was dropped (\'transaction-full\'): its transaction holds as many events as it may (maxEvents: 2). ' +
        'Fix: emit fewer events in one transaction, or raise transactions: { maxEvents, maxBytes }. (Logged once; the ledger counts on.)',
    ]);
    expectBalance(ledger);
  });

  it('drop events over maxBytes, and have capacity again after a rollback to a savepoint', async () => {
    const { tracker, names, ledger } = await startTracking({ transactions: { maxBytes: 1000 } });
    await tracker.transaction(async () => {
      await tracker
        .transaction(() => {
          tracker.emit('a', { text: 'x'.repeat(600) });
          tracker.emit('b', { text: 'x'.repeat(600) });
          return failing();
        })
        .catch(() => undefined);
      tracker.emit('c', { text: 'x'.repeat(600) });
    });
    expect([names(), ledger.tracker().dropped]).toEqual([['c'], { 'transaction-full': 1, 'rolled-back': 1 }]);
  });
});

describe('Closing the application while a transaction is open', () => {
  it('waits for the transaction', async () => {
    const { app, tracker, ledger } = await startTracking();
    const { opened, open } = gate();
    const transaction = tracker.transaction(async () => {
      tracker.emit('a');
      await opened;
    });
    const closed = app.close();
    await nextTurn();
    open();
    await Promise.all([transaction, closed]);
    expect([ledger.node('sink')?.passed, ledger.tracker().held]).toEqual([1, 0]);
  });

  it('counts and reports the events of one that does not end in time', async () => {
    const logger = new RecordingLogger();
    const { app, tracker, ledger } = await startTracking({ logger, shutdownTimeoutMs: 0 });
    const { opened, open } = gate();
    const transaction = tracker.transaction(async () => {
      tracker.emit('a');
      await opened;
    });
    await app.close();
    expect([ledger.tracker().dropped, ledger.tracker().held]).toEqual([{ shutdown: 1 }, 0]);
    expect(logger.warnings).toContain(
      'tracker "default" closed; of 1 events emitted, dropped at before the tree: 1 shutdown.',
    );
    open();
    await transaction;
    expectBalance(ledger);
  });
});
