import { setImmediate as nextTurn } from 'node:timers/promises';
import { NotConfirmedException, defineEvent } from '../../src/entries';
import { jsonSchema } from '../../src/entries/json-schema';
import { NotStoredException } from '../../src/entries/transactions';
import type { SqlClient, SqlValue } from '../../src/entries/postgres';
import { expectBalance, startTracking } from '../support/start-tracking';
import { failing, gate } from './transaction-parts';

/** Records the statements. It is no database: here only the order of things is tested. */
class RecordingClient implements SqlClient {
  readonly statements: { readonly sql: string; readonly params: readonly SqlValue[] }[] = [];

  constructor(private readonly before: () => unknown = () => undefined) {}

  async query(sql: string, params: readonly SqlValue[] = []): Promise<never[]> {
    await this.before();
    this.statements.push({ sql, params });
    return [];
  }

  /** Names of the events that were stored, by statement. */
  get stored(): unknown[][] {
    return this.statements.map(({ params }) =>
      params.flatMap((text, at) =>
        at >= 3 && at % 2 === 1 ? [(JSON.parse(String(text)) as { name: string }).name] : [],
      ),
    );
  }
}

describe('tracker.transaction with an outbox', () => {
  it('stores the events in order when the body has resolved, and sends none', async () => {
    const { tracker, names, ledger } = await startTracking();
    const client = new RecordingClient();
    await tracker.transaction(
      async () => {
        tracker.emit('a');
        await nextTurn();
        tracker.emit('b');
        expect(client.statements).toEqual([]);
      },
      { outbox: client },
    );
    expect([client.stored, names()]).toEqual([[['a', 'b']], []]);
    expect(ledger.tracker()).toMatchObject({ emitted: 2, held: 0, outbox: 2, relayed: 0 });
    expectBalance(ledger);
  });

  it('runs no statement if nothing was emitted', async () => {
    const { tracker } = await startTracking();
    const client = new RecordingClient();
    expect(await tracker.transaction(() => 7, { outbox: client })).toBe(7);
    expect(client.statements).toEqual([]);
  });

  it('stores nothing and drops the events when the body rejects', async () => {
    const { tracker, ledger } = await startTracking();
    const client = new RecordingClient();
    const body = async (): Promise<void> => {
      tracker.emit('a');
      await failing();
    };
    await expect(tracker.transaction(body, { outbox: client })).rejects.toThrow('rolled back');
    expect([client.statements, ledger.tracker().dropped, ledger.tracker().outbox]).toEqual([
      [],
      { 'rolled-back': 1 },
      0,
    ]);
    expectBalance(ledger);
  });

  it('rejects with the error of the client, unchanged, and drops the events', async () => {
    const { tracker, ledger } = await startTracking();
    const conflict = Object.assign(new Error('could not serialize access'), { code: '40001' });
    const client = new RecordingClient(() => Promise.reject(conflict));
    const running = tracker.transaction(() => tracker.emit('a'), { outbox: client });
    await expect(running).rejects.toBe(conflict);
    expect(ledger.tracker()).toMatchObject({ dropped: { 'rolled-back': 1 }, outbox: 0, held: 0 });
    expectBalance(ledger);
  });

  it('stores the events of a nested transaction that resolved, and not of one that rejected', async () => {
    const { tracker } = await startTracking();
    const client = new RecordingClient();
    const lost = async (): Promise<void> => {
      tracker.emit('lost');
      await failing();
    };
    await tracker.transaction(
      async () => {
        tracker.emit('a');
        await tracker.transaction(() => tracker.emit('b'));
        await tracker.transaction(lost).catch(() => undefined);
        tracker.emit('c');
      },
      { outbox: client },
    );
    expect(client.stored).toEqual([['a', 'b', 'c']]);
  });

  it('stores an event once, with the innermost outbox around it', async () => {
    const { tracker, ledger } = await startTracking();
    const [outer, inner] = [new RecordingClient(), new RecordingClient()];
    await tracker.transaction(
      async () => {
        tracker.emit('a');
        await tracker.transaction(() => tracker.emit('b'), { outbox: inner });
      },
      { outbox: outer },
    );
    expect([inner.stored, outer.stored, ledger.tracker().outbox]).toEqual([[['b']], [['a']], 2]);
  });

  it('stores events that are emitted while others are stored', async () => {
    const { tracker, names } = await startTracking();
    const opened = gate();
    const client = new RecordingClient(() => opened.opened);
    let late = (): void => undefined;
    const running = tracker.transaction(
      () => {
        tracker.emit('a');
        late = () => tracker.emit('b');
        void nextTurn().then(() => {
          late();
          opened.open();
        });
      },
      { outbox: client },
    );
    await running;
    expect([client.stored, names()]).toEqual([[['a'], ['b']], []]);
  });

  it('sends the events that the client itself emits at once', async () => {
    const { tracker, names } = await startTracking();
    const client = new RecordingClient(() => tracker.emit('query'));
    await tracker.transaction(() => tracker.emit('a'), { outbox: client });
    expect([client.stored, names()]).toEqual([[['a']], ['query']]);
  });

  it('sends events outside of the transaction at once', async () => {
    const { tracker, names } = await startTracking();
    const client = new RecordingClient();
    await tracker.transaction(() => tracker.outsideTransaction(() => tracker.emit('attempted')), { outbox: client });
    expect([client.statements, names()]).toEqual([[], ['attempted']]);
  });

  it('fails as a whole if it holds too many events, so that its data is not committed either', async () => {
    const { tracker, ledger } = await startTracking({ transactions: { maxEvents: 1 } });
    const client = new RecordingClient();
    const running = tracker.transaction(
      async () => {
        tracker.emit('a');
        await tracker.transaction(() => tracker.emit('b'));
      },
      { outbox: client },
    );
    await expect(running).rejects.toThrow(NotStoredException);
    await expect(running).rejects.toThrow(/holds as many events as it may\. Fix: .*maxEvents/);
    expect(client.statements).toEqual([]);
    expect(ledger.tracker().dropped).toEqual({ 'rolled-back': 2 });
  });

  it('stores the events of a transaction that the application did not wait for when it closed', async () => {
    const { tracker, app, names, ledger } = await startTracking({ shutdownTimeoutMs: 40 });
    const opened = gate();
    const client = new RecordingClient();
    const running = tracker.transaction(
      async () => {
        tracker.emit('a');
        await opened.opened;
        tracker.emit('b');
      },
      { outbox: client },
    );
    await app.close();
    opened.open();
    await running;
    expect([client.stored, names(), ledger.tracker().outbox]).toEqual([[['a', 'b']], [], 2]);
    expectBalance(ledger);
  });

  it('counts stored events as stored, not as lost, if the application closes before the commit is known', async () => {
    const { tracker, app, ledger } = await startTracking({ shutdownTimeoutMs: 40 });
    const opened = gate();
    const client = new RecordingClient();
    const running = tracker.transaction(async () => {
      await tracker.transaction(() => tracker.emit('a'), { outbox: client });
      await opened.opened;
    });
    await app.close();
    opened.open();
    await running;
    expect(ledger.tracker()).toMatchObject({ outbox: 1, dropped: {} });
    expectBalance(ledger);
  });

  it('makes a dead letter of an event that the catalog rejects, and stores the others', async () => {
    const known = defineEvent('known', { data: jsonSchema({ type: 'object' }) });
    const { tracker, ledger } = await startTracking({ catalog: [known], validation: { unplanned: 'reject' } });
    const client = new RecordingClient();
    await tracker.transaction(
      () => {
        tracker.emit('known', {});
        tracker.emit('misspelt');
      },
      { outbox: client },
    );
    expect([client.stored, ledger.tracker().dropped]).toEqual([[['known']], { invalid: 1 }]);
    expect(tracker.deadLetters.list().map(({ event }) => event.name)).toEqual(['misspelt']);
    expectBalance(ledger);
  });

  it.each([null, 7, {}, () => undefined])(
    'refuses an outbox that is no client (%p) before the body runs',
    async (given) => {
      const { tracker } = await startTracking();
      const body = jest.fn();
      const running = tracker.transaction(body, { outbox: given as never });
      await expect(running).rejects.toThrow(/was given an outbox that is no client\. Fix: \{ outbox: fromTypeOrm/);
      expect(body).not.toHaveBeenCalled();
    },
  );

  it('only runs the body if tracking is disabled', async () => {
    const { tracker } = await startTracking({ enabled: false });
    const client = new RecordingClient();
    await tracker.transaction(() => tracker.emit('a'), { outbox: client });
    expect(client.statements).toEqual([]);
  });

  describe('around which another transaction is held', () => {
    it('holds the events, stored, until the other one has resolved', async () => {
      const { tracker, ledger, names } = await startTracking();
      const client = new RecordingClient();
      await tracker.transaction(async () => {
        await tracker.transaction(() => tracker.emit('a'), { outbox: client });
        expect(ledger.tracker()).toMatchObject({ held: 1, outbox: 0 });
        expectBalance(ledger);
      });
      expect([client.stored, names()]).toEqual([[['a']], []]);
      expect(ledger.tracker()).toMatchObject({ held: 0, outbox: 1 });
    });

    it('counts the events as rolled back if the other one rejects', async () => {
      const { tracker, ledger } = await startTracking();
      const client = new RecordingClient();
      const running = tracker.transaction(async () => {
        await tracker.transaction(() => tracker.emit('a'), { outbox: client });
        await failing();
      });
      await expect(running).rejects.toThrow('rolled back');
      expect(ledger.tracker()).toMatchObject({ outbox: 0, dropped: { 'rolled-back': 1 } });
      expectBalance(ledger);
    });

    it('confirms an event as stored when the other one has resolved', async () => {
      const { tracker } = await startTracking();
      const client = new RecordingClient();
      const { confirmed } = await tracker.transaction(() =>
        tracker.transaction(() => ({ confirmed: tracker.emitConfirmed('a') }), { outbox: client }),
      );
      expect((await confirmed).destinations).toEqual({ 'transaction:outbox': 'stored' });
    });
  });

  it('does not confirm an event whose commit it cannot see', async () => {
    const { tracker } = await startTracking();
    const client = new RecordingClient();
    const { confirmed } = await tracker.transaction(() => ({ confirmed: tracker.emitConfirmed('a') }), {
      outbox: client,
    });
    await expect(confirmed).rejects.toThrow(NotConfirmedException);
    await expect(confirmed).rejects.toThrow(/it is in the outbox, and the tracker does not see whether .* Fix: /);
  });
});
