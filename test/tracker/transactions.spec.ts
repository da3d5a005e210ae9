import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  backend,
  MemoryBackend,
  NotConfirmedException,
  TrackEvent,
  TrackerService,
  TrackingModule,
  getTrackerToken,
} from '../../src/entries';
import { lossesOf } from '../../src/ledger/losses';
import { buildTracking, expectBalance, RecordingLogger, startTracking } from '../support/start-tracking';
import { failing, gate } from './transaction-parts';

describe('tracker.transaction', () => {
  it('holds events until the body has resolved, and sends them in order', async () => {
    const { tracker, names, ledger } = await startTracking();
    const result = await tracker.transaction(async () => {
      tracker.emit('a');
      await nextTurn();
      tracker.emit('b');
      expect(names()).toEqual([]);
      expect(ledger.tracker().held).toBe(2);
      expectBalance(ledger);
      return 7;
    });
    expect([result, names(), ledger.tracker().held]).toEqual([7, ['a', 'b'], 0]);
    expectBalance(ledger);
  });

  it('drops and counts the events when the body rejects, which is not a loss', async () => {
    const logger = new RecordingLogger();
    const { tracker, names, ledger } = await startTracking({ logger });
    const body = async (): Promise<void> => {
      tracker.emit('a');
      await failing();
    };
    await expect(tracker.transaction(body)).rejects.toThrow('rolled back');
    expect([names(), ledger.tracker().dropped]).toEqual([[], { 'rolled-back': 1 }]);
    expect([lossesOf(ledger), logger.warnings]).toEqual([[], []]);
    expectBalance(ledger);
  });

  it('rejects if a synchronous body throws', async () => {
    const { tracker, ledger } = await startTracking();
    const body = (): void => {
      tracker.emit('a');
      throw new Error('rolled back');
    };
    await expect(tracker.transaction(body)).rejects.toThrow('rolled back');
    expect(ledger.tracker().dropped).toEqual({ 'rolled-back': 1 });
  });

  it('keeps the id, time, context and data of the moment of the emit', async () => {
    let now = 1000;
    const { tracker, last } = await startTracking({ clock: () => now });
    const data = { step: 1 };
    await tracker.transaction(() =>
      tracker.context({ user_id: 5 }, async () => {
        tracker.emit('a', data);
        data.step = 2;
        now = 2000;
        tracker.enterContext('later', { user_id: 6 });
        await nextTurn();
      }),
    );
    expect(last()).toMatchObject({ timestamp: new Date(1000), context: { user_id: 5 }, data: { step: 1 } });
  });

  it('leaves the events of other flows alone', async () => {
    const { tracker, names } = await startTracking();
    const { opened, open } = gate();
    const transaction = tracker.transaction(async () => {
      tracker.emit('inside');
      await opened;
    });
    tracker.emit('beside');
    expect(names()).toEqual(['beside']);
    open();
    await transaction;
    expect(names()).toEqual(['beside', 'inside']);
  });

  it('lets parallel transactions end on their own', async () => {
    const { tracker, names } = await startTracking();
    const { opened, open } = gate();
    const first = tracker.transaction(async () => {
      tracker.emit('first');
      await opened;
    });
    await tracker.transaction(() => tracker.emit('second'));
    await expect(
      tracker.transaction(() => {
        tracker.emit('third');
        return failing();
      }),
    ).rejects.toThrow();
    expect(names()).toEqual(['second']);
    open();
    await first;
    expect(names()).toEqual(['second', 'first']);
  });

  it('holds the events of one tracker only', async () => {
    const { app, tracker, names } = await startTracking(
      {},
      { imports: [TrackingModule.forRoot({ name: 'audit', backends: { sink: backend(MemoryBackend) } })] },
    );
    const audit = app.get<TrackerService>(getTrackerToken('audit'));
    const auditNames = (): string[] =>
      audit
        .backend<MemoryBackend>('sink')
        .events()
        .map(({ name }) => name);
    await tracker.transaction(async () => {
      await audit.transaction(() => {
        tracker.emit('a');
        audit.emit('b');
      });
      audit.emit('c');
      expect([names(), auditNames()]).toEqual([[], ['b', 'c']]);
    });
    expect(names()).toEqual(['a']);
  });

  it('holds events that are emitted before the application has started', async () => {
    const { app, tracker, names } = await buildTracking();
    await tracker.transaction(() => tracker.emit('a'));
    expect(tracker.ledger.tracker()).toMatchObject({ waiting: 1, held: 0 });
    await app.init();
    expect(names()).toEqual(['a']);
  });

  it('runs the body without tracking if tracking is disabled', async () => {
    const { tracker } = await startTracking({ enabled: false });
    expect(await tracker.transaction(() => 7)).toBe(7);
    await expect(tracker.transaction(failing)).rejects.toThrow('rolled back');
  });
});

describe('An event emitted after its transaction has ended', () => {
  it('is sent at once', async () => {
    const { tracker, names } = await startTracking();
    const { opened, open } = gate();
    let leaked: Promise<void> | undefined;
    await tracker.transaction(() => {
      leaked = opened.then(() => tracker.emit('late'));
    });
    const other = gate();
    const isOpen = tracker.transaction(() => other.opened); // so that transactions are looked for
    open();
    await leaked;
    expect(names()).toEqual(['late']);
    other.open();
    await isOpen;
  });

  it('waits for the outer transaction that is still open', async () => {
    const { tracker, names } = await startTracking();
    const { opened, open } = gate();
    await tracker.transaction(async () => {
      let leaked: Promise<void> | undefined;
      await tracker.transaction(() => {
        leaked = opened.then(() => tracker.emit('late'));
      });
      open();
      await leaked;
      expect(names()).toEqual([]);
    });
    expect(names()).toEqual(['late']);
  });
});

describe('tracker.outsideTransaction', () => {
  it('sends events at once, whatever becomes of the transaction', async () => {
    const { tracker, names } = await startTracking();
    const body = async (): Promise<void> => {
      tracker.emit('held');
      tracker.outsideTransaction(() => tracker.emit('attempted'));
      expect(names()).toEqual(['attempted']);
      await failing();
    };
    await expect(tracker.transaction(body)).rejects.toThrow();
    expect(names()).toEqual(['attempted']);
    expect(tracker.outsideTransaction(() => 7)).toBe(7);
  });
});

describe('emitConfirmed in a transaction', () => {
  it('resolves when the event was sent after the commit', async () => {
    const { tracker } = await startTracking();
    const { confirmed } = await tracker.transaction(() => ({ confirmed: tracker.emitConfirmed('a', {}) }));
    expect(await confirmed).toMatchObject({ destinations: { sink: 'delivered' } });
  });

  it('rejects after a rollback, also if nothing handles the rejection', async () => {
    const { tracker } = await startTracking();
    let confirmed: Promise<unknown> | undefined;
    const transaction = tracker.transaction(() => {
      confirmed = tracker.emitConfirmed('a', {});
      return failing();
    });
    await expect(transaction).rejects.toThrow('rolled back');
    await nextTurn();
    await nextTurn();
    await expect(confirmed).rejects.toThrow(
      /^the event "a" \(.*\) is not confirmed, since its transaction was rolled back/,
    );
    await expect(confirmed).rejects.toBeInstanceOf(NotConfirmedException);
  });

  it('rejects after its time if it is awaited in the body, and the event is sent all the same', async () => {
    const { tracker, names } = await startTracking();
    await tracker.transaction(async () => {
      await expect(tracker.emitConfirmed('a', {}, { timeoutMs: 5 })).rejects.toThrow(
        /its transaction is still open\. It is sent when the transaction commits\. Fix: await emitConfirmed after/,
      );
    });
    expect(names()).toEqual(['a']);
  });
});

@Injectable()
class Enrolments {
  constructor(private readonly tracker: TrackerService) {}

  @TrackEvent('enrolled', { on: 'settled', data: ({ error }) => ({ failed: error !== undefined }) })
  async enrol(isFailing: boolean): Promise<void> {
    this.tracker.emit('step');
    await nextTurn();
    if (isFailing) await failing();
  }
}

describe('@TrackEvent in a transaction', () => {
  it('emits after the commit', async () => {
    const { app, tracker, names } = await startTracking({}, { providers: [Enrolments] });
    await tracker.transaction(async () => {
      await app.get(Enrolments).enrol(false);
      expect(names()).toEqual([]);
    });
    expect(names()).toEqual(['step', 'enrolled']);
  });

  it('emits the event of a failure at once, because it is true after a rollback too', async () => {
    const { app, tracker, events } = await startTracking({}, { providers: [Enrolments] });
    await expect(tracker.transaction(() => app.get(Enrolments).enrol(true))).rejects.toThrow();
    expect(events()).toEqual([expect.objectContaining({ name: 'enrolled', data: { failed: true } })]);
  });
});
