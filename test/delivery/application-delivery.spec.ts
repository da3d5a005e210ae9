import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { backend, SendFailedException, TrackingDeadLetters } from '../../src/entries';
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

  it('sends an event that has no company once it has waited', async () => {
    const { tracker, gate } = await started({ batch: { maxWaitMs: 20 } });
    tracker.emit('alone');
    expect(gate.batches).toEqual([]);
    await eventually(() => expect(gate.names).toEqual(['alone']));
  });

  it('does nothing for a destination inside of emit', async () => {
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

  it('has no more batches under way than `concurrency`, and one with `ordered`', async () => {
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

  it('tries a failed batch again under the same ids', async () => {
    const { tracker, gate, counts } = await started(quick);
    let failures = 3;
    gate.behave = () => (failures-- > 0 ? down() : Promise.resolve());
    tracker.emit('a');
    tracker.emit('b');
    await eventually(() => expect(gate.names).toEqual(['a', 'b']));
    expect(new Set(gate.batches.map((batch) => batch.map(({ id }) => id).join())).size).toBe(1);
    expect(counts()).toMatchObject({ accepted: 2, delivered: 2, attempts: 4, failedAttempts: 3 });
    expect(counts().lastError?.text).toBe('connection refused');
  });

  it('holds back those behind a failed batch with `ordered`', async () => {
    const { tracker, gate } = await started({ ...quick, ordered: true, batch: { maxEvents: 1, maxWaitMs: 1 } });
    let failures = 3;
    gate.behave = () => (failures-- > 0 ? down() : Promise.resolve());
    for (const name of ['a', 'b', 'c']) tracker.emit(name);
    await eventually(() => expect(gate.names).toEqual(['a', 'b', 'c']));
    expect(gate.batches.slice(0, 4).map(([event]) => event?.name)).toEqual(['a', 'a', 'a', 'a']);
  });

  it('ends an attempt after timeoutMs, tells the destination so, and tries again', async () => {
    const { tracker, gate, counts } = await started({ ...quick, timeoutMs: 20 });
    const aborted: boolean[] = [];
    gate.behave = (_, signal) => {
      if (gate.batches.length > 1) return Promise.resolve();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(true);
          reject(signal.reason as Error);
        });
      });
    };
    tracker.emit('e');
    await eventually(() => expect(gate.names).toEqual(['e']));
    expect(aborted).toEqual([true]);
    expect(counts().lastError?.text).toBe('no answer within 20 ms');
  });

  it('makes dead letters of those that a destination names, and delivers the others', async () => {
    const { tracker, gate, counts, app } = await started(quick);
    gate.behave = (events) =>
      Promise.resolve(
        events.flatMap(({ name }, index) =>
          name === 'bad' ? [{ index, reason: 'does not fit', retryable: false }] : [],
        ),
      );
    for (const name of ['a', 'bad', 'b']) tracker.emit(name, { name });
    await tracker.flush();
    expect(gate.names).toEqual(['a', 'b']);
    expect(counts()).toMatchObject({ delivered: 2, deadLettered: 1, pending: 0, deadLetters: 1 });
    const letters = app.get(TrackingDeadLetters).list();
    expect(letters).toEqual([
      expect.objectContaining({
        path: 'gate',
        reason: 'refused: does not fit',
        attempts: 1,
        event: expect.objectContaining({ name: 'bad', data: { name: 'bad' } }),
      }),
    ]);
  });

  it('halves a batch that is refused whole until the one to blame stands alone', async () => {
    const { tracker, gate, counts } = await started(quick);
    gate.behave = (events) =>
      events.some(({ name }) => name === 'poison')
        ? Promise.reject(SendFailedException.create({ reason: '400', retryable: false }))
        : Promise.resolve();
    for (let n = 0; n < 50; n++) tracker.emit(n === 17 ? 'poison' : `e${String(n)}`);
    await eventually(() => expect(counts().pending).toBe(0));
    expect(gate.taken).toHaveLength(49);
    expect(counts()).toMatchObject({ delivered: 49, deadLettered: 1 });
    expect(tracker.deadLetters.list().map(({ event, reason }) => [event.name, reason])).toEqual([
      ['poison', 'refused: 400'],
    ]);
  });

  it('waits as long as a Retry-After asks', async () => {
    const { tracker, gate } = await started(quick);
    let refusedAt = 0;
    gate.behave = () => {
      if (refusedAt !== 0) return Promise.resolve();
      refusedAt = Date.now();
      return Promise.reject(SendFailedException.create({ reason: '429', retryable: true, retryAfterMs: 150 }));
    };
    tracker.emit('e');
    await eventually(() => expect(gate.names).toEqual(['e']));
    expect(Date.now() - refusedAt).toBeGreaterThanOrEqual(145);
  });

  it('gives up after `attempts`, and after `maxAgeMs`', async () => {
    const twice = await started({ ...quick, retry: { minDelayMs: 1, maxDelayMs: 1, attempts: 2 } });
    twice.gate.behave = down;
    twice.tracker.emit('e');
    await eventually(() => expect(twice.counts()).toMatchObject({ deadLettered: 1, attempts: 2, pending: 0 }));
    expect(twice.tracker.deadLetters.count()).toEqual({ attempts: 1 });

    const old = await started({ ...quick, retry: { minDelayMs: 1, maxDelayMs: 1, maxAgeMs: 1 } });
    old.gate.behave = async () => {
      const since = Date.now();
      while (Date.now() - since < 3) await new Promise(setImmediate);
      return down();
    };
    old.tracker.emit('e');
    await eventually(() => expect(old.tracker.deadLetters.count()).toEqual({ 'too-old': 1 }));
  });

  it('leaves a destination that is down alone, probes it with one batch, and goes on when it is back', async () => {
    const { tracker, gate, counts } = await started({
      ...quick,
      concurrency: 4,
      retry: { minDelayMs: 20, maxDelayMs: 40, attempts: 1000 },
      batch: { maxEvents: 1, maxWaitMs: 1 },
    });
    gate.behave = down;
    for (let n = 0; n < 30; n++) tracker.emit(`e${String(n)}`);
    await eventually(() => expect(counts().breaker).toBe('open'));
    const atOpening = gate.batches.length;
    expect(atOpening).toBeLessThan(12);
    await eventually(() => expect(gate.batches.length).toBeGreaterThan(atOpening + 2));
    expect(gate.mostUnderWay).toBeLessThanOrEqual(4);
    gate.mostUnderWay = 0;
    await eventually(() => expect(gate.batches.length).toBeGreaterThan(atOpening + 4));
    expect(gate.mostUnderWay).toBe(1);
    gate.behave = () => Promise.resolve();
    await eventually(() => expect(gate.taken).toHaveLength(30));
    expect(counts()).toMatchObject({ breaker: 'closed', delivered: 30, deadLettered: 0 });
  });

  it('does not count probes as attempts: a long outage makes no dead letters', async () => {
    const { tracker, gate, counts } = await started({
      ...quick,
      retry: { minDelayMs: 1, maxDelayMs: 1, attempts: 6 },
    });
    gate.behave = down;
    tracker.emit('e');
    await eventually(() => expect(counts().attempts).toBeGreaterThan(20));
    expect(counts()).toMatchObject({ deadLettered: 0, pending: 1 });
    gate.behave = () => Promise.resolve();
    await eventually(() => expect(gate.names).toEqual(['e']));
  });

  it.each(['drop-newest', 'drop-oldest'] as const)(
    'keeps within maxEvents, and counts what goes: %s',
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

  it('tells of a full queue once, and again only after it was empty', async () => {
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

  it('says of an event for which somebody waits what became of it', async () => {
    const { tracker, gate } = await started({ batch: { maxWaitMs: 60_000 } });
    await expect(tracker.emitConfirmed('e')).resolves.toMatchObject({ destinations: { gate: 'delivered' } });
    gate.behave = () => Promise.reject(SendFailedException.create({ reason: '400', retryable: false }));
    await expect(tracker.emitConfirmed('e')).rejects.toMatchObject({ destinations: { gate: 'dead-lettered' } });
    gate.behave = down;
    await expect(tracker.emitConfirmed('e', {}, { timeoutMs: 30 })).rejects.toMatchObject({
      destinations: { gate: 'pending' },
    });
  });

  it('drops, before it is queued, what the destination says it can never take', async () => {
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

describe('What a destination answers', () => {
  it('is awaited for weeks, if timeoutMs says so, rather than for no time at all', async () => {
    const { tracker, gate, counts } = await started({ ...quick, timeoutMs: 2 ** 32 });
    gate.behave = () => new Promise((resolve) => setTimeout(resolve, 20));
    tracker.emit('e');
    await tracker.flush();
    expect(counts()).toMatchObject({ delivered: 1, attempts: 1, failedAttempts: 0 });
  });
});

describe('An event that waits', () => {
  it('keeps nothing alive of what the caller gave', async () => {
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

describe('Dead letters', () => {
  it('stay where they are when a filter fails, but for those that were redriven before', async () => {
    const { tracker, gate } = await started(quick);
    gate.behave = (events) => Promise.resolve(events.map((_, index) => ({ index, reason: 'no', retryable: false })));
    for (const name of ['a', 'b', 'c']) tracker.emit(name);
    await tracker.flush();
    const { deadLetters } = tracker;
    const where = ({ event }: { readonly event: { readonly name: string } }): boolean => {
      if (event.name === 'b') throw new Error('a fault in the filter');
      return true;
    };
    gate.behave = () => Promise.resolve();
    await expect(deadLetters.redrive({ where })).rejects.toThrow('a fault in the filter');
    await tracker.flush();
    expect(gate.names).toEqual(['a']);
    expect(deadLetters.list().map(({ event }) => event.name)).toEqual(['b', 'c']);
  });

  it('can be listed, counted, redriven under their ids, and purged, by filter', async () => {
    const { tracker, gate, counts } = await started(quick);
    gate.behave = (events) =>
      Promise.resolve(events.map(({ name }, index) => ({ index, reason: name, retryable: false })));
    for (const name of ['a', 'b', 'b', 'c']) tracker.emit(name);
    await tracker.flush();
    const { deadLetters } = tracker;
    expect(deadLetters.count()).toEqual({ 'refused: a': 1, 'refused: b': 2, 'refused: c': 1 });
    expect(deadLetters.list({ name: /^[ab]$/ }, { limit: 2 }).map(({ event }) => event.name)).toEqual(['a', 'b']);
    const ids = deadLetters.list({ name: 'b' }).map(({ event }) => event.id);

    gate.behave = () => Promise.resolve();
    expect(await deadLetters.redrive({ name: 'b' })).toBe(2);
    await tracker.flush();
    expect(gate.taken.map(({ id }) => id)).toEqual(ids);
    expect(await deadLetters.purge({ id: deadLetters.list({ name: 'a' })[0]?.event.id ?? '' })).toBe(1);
    expect(deadLetters.list().map(({ event }) => event.name)).toEqual(['c']);
    expect(counts()).toMatchObject({
      accepted: 4,
      redriven: 2,
      delivered: 2,
      deadLettered: 4,
      pending: 0,
      deadLetters: 1,
    });
    expect(imbalance(counts())).toBe(0);
  });
});

describe('The end of a delivery', () => {
  it('sends what waits, and says nothing when nothing is lost', async () => {
    const { tracker, gate, app, counts } = await started({ batch: { maxWaitMs: 60_000 } });
    tracker.emit('e');
    await app.close();
    expect(gate.names).toEqual(['e']);
    expect(counts()).toMatchObject({ accepted: 1, delivered: 1, pending: 0, handedOver: 0 });
  });

  it('drops what it cannot send in time where there is no disk, and counts it', async () => {
    const { tracker, gate, app, counts } = await started(quick, {
      shutdownTimeoutMs: 50,
      backends: { gate: backend(Gate, {}, { delivery: quick }) },
    });
    gate.behave = () => new Promise(() => undefined);
    for (let n = 0; n < 5; n++) tracker.emit('e');
    await Promise.all([app.close(), app.close()]);
    expect(counts()).toMatchObject({ accepted: 5, pending: 0, dropped: { shutdown: 5 } });
    expect(imbalance(counts())).toBe(0);
  });

  it('takes no more events, and counts them', async () => {
    const { tracker, app, ledger } = await started();
    await app.close();
    tracker.emit('late');
    expect(ledger.node('gate')?.dropped).toEqual({ closed: 1 });
  });
});
