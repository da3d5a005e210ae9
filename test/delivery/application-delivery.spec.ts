import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { backend, SendFailedException } from '../../src/entries';
import { startTracking } from '../support/start-tracking';
import { eventually } from '../support/eventually';
import { imbalance } from './books';
import { down, Gate, quick, startGate as started } from './gate';

/** Jest runs without --expose-gc. */
function exposedGc(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

describe('The delivery to a destination', () => {
  it('sends batches of at most maxEvents, in the order of emit, with id, context and Dates', async () => {
    const { tracker, gate, counts } = await started({ ...quick, batch: { maxEvents: 3, maxWaitMs: 5 } });
    const at = new Date(0);
    tracker.context({ user_id: 7 }, () => {
      for (let n = 0; n < 7; n++) tracker.emit(`e${String(n)}`, { n, at });
    });
    await tracker.flush();
    expect(gate.names).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6']);
    expect(gate.batches.map(({ length }) => length)).toEqual([3, 3, 1]);
    expect(gate.taken[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'e0',
      timestamp: expect.any(Date),
      context: { user_id: 7 },
      data: { n: 0, at },
    });
    expect(counts()).toMatchObject({ accepted: 7, delivered: 7, pending: 0, attempts: 3, failedAttempts: 0 });
  });

  it('sends a single event once it has waited', async () => {
    const { tracker, gate } = await started({ batch: { maxWaitMs: 20 } });
    tracker.emit('alone');
    expect(gate.batches).toEqual([]);
    await eventually(() => expect(gate.names).toEqual(['alone']));
  });

  it('does no work for a destination inside of emit', async () => {
    const { tracker, gate } = await started({ batch: { maxEvents: 1 } });
    tracker.emit('e');
    expect(gate.batches).toEqual([]);
    await tracker.flush();
    expect(gate.names).toEqual(['e']);
  });

  it('sends from outside of the request whose event filled the batch', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { tracker, gate } = await started({ batch: { maxEvents: 1 } });
    const seen: unknown[] = [];
    gate.behave = () => {
      seen.push(storage.getStore());
      return Promise.resolve();
    };
    storage.run('the first request', () => tracker.emit('e'));
    await tracker.flush();
    storage.run('the second request', () => tracker.emit('e'));
    await tracker.flush();
    expect(seen).toEqual([undefined, undefined]);
  });

  it('sends at most `concurrency` batches at once, and one with `ordered`', async () => {
    for (const [options, most] of [
      [{ concurrency: 3 }, 3],
      [{ concurrency: 3, ordered: true }, 1],
    ] as const) {
      const { tracker, gate } = await started({ ...quick, ...options, batch: { maxEvents: 1, maxWaitMs: 5 } });
      gate.behave = () => new Promise((resolve) => setImmediate(resolve));
      for (let n = 0; n < 10; n++) tracker.emit(`e${String(n)}`);
      await tracker.flush();
      expect(gate.mostUnderWay).toBe(most);
      expect(gate.taken).toHaveLength(10);
    }
  });

  it.each(['drop-newest', 'drop-oldest'] as const)(
    'stays within maxEvents, and counts dropped events: %s',
    async (whenFull) => {
      const { tracker, gate, counts } = await started({ ...quick, maxEvents: 5, whenFull, batch: { maxWaitMs: 1000 } });
      for (let n = 0; n < 8; n++) tracker.emit(`e${String(n)}`);
      await tracker.flush();
      expect(gate.names).toEqual(
        whenFull === 'drop-newest' ? ['e0', 'e1', 'e2', 'e3', 'e4'] : ['e3', 'e4', 'e5', 'e6', 'e7'],
      );
      const dropped = { ...tracker.ledger.node('gate')?.dropped, ...counts().dropped };
      expect(dropped).toEqual({ 'queue-full': 3 });
      expect(imbalance(counts())).toBe(0);
    },
  );

  it('reports a full queue once, and again only after it was empty', async () => {
    const { tracker, ledger } = await started({ ...quick, maxEvents: 2, batch: { maxWaitMs: 1000 } });
    const told: string[] = [];
    ledger.onChange(({ path, change }) => told.push(`${path} ${change}`));
    const flood = (): void => {
      for (let n = 0; n < 5; n++) tracker.emit('e');
    };
    flood();
    flood();
    expect(told).toEqual(['gate queue-full']);
    await tracker.flush();
    flood();
    expect(told).toEqual(['gate queue-full', 'gate queue-full']);
  });

  it('reports the outcome of an event that a caller awaits', async () => {
    const { tracker, gate } = await started({ batch: { maxWaitMs: 60_000 } });
    await expect(tracker.emitConfirmed('e')).resolves.toMatchObject({ destinations: { gate: 'delivered' } });
    gate.behave = () => Promise.reject(SendFailedException.create({ reason: '400', retryable: false }));
    await expect(tracker.emitConfirmed('e')).rejects.toMatchObject({ destinations: { gate: 'dead-lettered' } });
    gate.behave = down;
    await expect(tracker.emitConfirmed('e', {}, { timeoutMs: 30 })).rejects.toMatchObject({
      destinations: { gate: 'pending' },
    });
  });

  it('drops, before it is queued, an event that the destination can never accept', async () => {
    class Choosy extends Gate {
      refuses(event: { readonly data: object }): string | undefined {
        return 'user' in event.data ? undefined : 'no-user';
      }
    }
    const { tracker, ledger } = await startTracking({ backends: { choosy: backend(Choosy) } });
    tracker.emit('a', { user: 1 });
    tracker.emit('b');
    await tracker.flush();
    expect(tracker.backend<Choosy>('choosy').names).toEqual(['a']);
    expect(ledger.node('choosy')).toMatchObject({ received: 2, passed: 1, dropped: { 'no-user': 1 } });
  });
});

describe('The answer of a destination', () => {
  it('is awaited for weeks with such a timeoutMs, instead of not at all', async () => {
    const { tracker, gate, counts } = await started({ ...quick, timeoutMs: 2 ** 32 });
    gate.behave = () => new Promise((resolve) => setTimeout(resolve, 20));
    tracker.emit('e');
    await tracker.flush();
    expect(counts()).toMatchObject({ delivered: 1, attempts: 1, failedAttempts: 0 });
  });
});

describe('An event that waits', () => {
  it('keeps no object of the caller alive', async () => {
    const { tracker, gate, counts } = await started({ batch: { maxWaitMs: 60_000 } });
    const collectGarbage = exposedGc();
    const emitOne = (): WeakRef<object> => {
      const socket = Object.assign(new EventEmitter(), { pipe: () => undefined });
      tracker.emit('e', { socket });
      return new WeakRef(socket);
    };
    const socket = emitOne();
    await eventually(() => {
      collectGarbage();
      expect(socket.deref()).toBeUndefined();
    });
    expect(counts().pending).toBe(1);
    await tracker.flush();
    expect(gate.taken[0]?.data).toEqual({ socket: '[EventEmitter]' });
  });
});
