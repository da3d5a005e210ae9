import { backend, defineEvent, LoggerBackend, MemoryBackend } from 'nestjs-event-tracking';
import type { PartialLimits, ValidationMode } from 'nestjs-event-tracking/types';
import { z } from 'zod';
import { LogFolder } from '../support/log-folder';
import { expectBalance, startTracking, type BuiltTracking } from '../support/start-tracking';

const LONG = 'x'.repeat(5000);

/** Data whose field gives 5 so many times, and then a string. */
function changing(times: number, then: unknown = LONG): { readonly n: number; readonly other: string } {
  let reads = 0;
  return {
    get n(): number {
      return ++reads > times ? (then as number) : 5;
    },
    other: 'y',
  };
}

interface Written extends BuiltTracking {
  readonly line: () => { readonly data: unknown } | undefined;
}

async function started(validation: ValidationMode | undefined, limits: PartialLimits = {}): Promise<Written> {
  const folder = new LogFolder();
  const run = await startTracking({
    limits,
    ...(validation === undefined
      ? {}
      : { validation, catalog: [defineEvent('e', { data: z.object({ n: z.number(), other: z.string() }) })] }),
    backends: { log: backend(LoggerBackend, { path: folder.file(), sync: true }), sink: backend(MemoryBackend) },
  });
  return Object.assign(run, { line: () => folder.events().at(-1) as { readonly data: unknown } | undefined });
}

describe('A getter that gives something else each time', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'gets nothing past a catalog that rejects: after %p reads, what is checked is what goes out',
    async (times) => {
      const { tracker, events, line, ledger } = await started('reject');
      tracker.emit('e', changing(times));
      const isRejected = ledger.tracker().dropped['invalid'] === 1;
      expect(events().map(({ data }) => data)).toEqual(isRejected ? [] : [{ n: 5, other: 'y' }]);
      expect(line()?.data).toEqual(isRejected ? undefined : { n: 5, other: 'y' });
      expectBalance(ledger);
    },
  );

  it.each([
    [undefined, [0, 1, 2, 3]],
    ['report' as const, [0, 1, 2, 3, 4, 5, 6]],
  ])('gets nothing past the limits, with validation %p', async (validation, reads) => {
    for (const times of reads) {
      const { tracker, last, line } = await started(validation, { maxTextLength: 1000 });
      tracker.emit('e', changing(times));
      expect([5, '[Left out: text of 5000 characters]']).toContain((last().data as { n: unknown }).n);
      expect(line()?.data).toEqual(last().data);
    }
  });

  it.each([0, 1, 2, 3])('is the same for all backends, whatever it gives after %p reads', async (times) => {
    for (const then of ['later', [1, 2], { a: 1 }, new Map([['a', 1]]), new Date(0), undefined, () => 1, 1n]) {
      const { tracker, last, line } = await started(undefined);
      tracker.emit('e', changing(times, then));
      expect(line()?.data).toEqual(JSON.parse(JSON.stringify(last().data)));
    }
  });

  it('may throw the second time', async () => {
    const { tracker, last, line } = await started(undefined);
    let reads = 0;
    const data = {
      get n(): number {
        if (++reads === 2) throw new Error('only once');
        return 5;
      },
    };
    tracker.emit('e', data);
    expect(line()?.data).toEqual(last().data);
  });
});

describe('A proxy', () => {
  it.each([undefined, 'report', 'reject'] as const)(
    'has each of its fields read once for all that is written, with validation %p',
    async (validation) => {
      const read: PropertyKey[] = [];
      const proxy = new Proxy(
        { n: 1, other: 'y' },
        {
          get: (target, key) => {
            read.push(key);
            return Reflect.get(target, key) as unknown;
          },
        },
      );
      const { tracker, last, line } = await started(validation);
      tracker.emit('e', proxy);
      expect(last().data).toEqual({ n: 1, other: 'y' });
      expect(line()?.data).toEqual({ n: 1, other: 'y' });
      expect(read.filter((key) => key !== 'toJSON')).toEqual(['n', 'other']);
    },
  );

  it('is asked about no more of its keys than may be written', async () => {
    let asked = 0;
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => Array.from({ length: 5000 }, (_, at) => `k${String(at)}`),
        getOwnPropertyDescriptor: () => (asked++, { value: 1, enumerable: true, configurable: true }),
        get: () => 1,
      },
    );
    const { tracker, last } = await started(undefined, { maxNodes: 100 });
    tracker.emit('e', { proxy });
    expect(asked).toBeLessThan(110);
    expect((last().data as { proxy: object }).proxy).toMatchObject({ k0: 1, '[Left out]': 'more than 1000 more keys' });
  });

  it('does not show what it hides, and hides no more keys for nothing than the limits allow', async () => {
    let asked = 0;
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => ['shown', ...Array.from({ length: 5000 }, (_, at) => `k${String(at)}`), Symbol('s')],
        getOwnPropertyDescriptor: (_, key) => {
          asked++;
          return { value: 1, enumerable: key === 'shown', configurable: true };
        },
        get: () => 1,
      },
    );
    const { tracker, last } = await started(undefined, { maxNodes: 100 });
    tracker.emit('e', { proxy });
    expect(asked).toBeLessThan(110);
    expect((last().data as { proxy: object }).proxy).toEqual({ shown: 1, '[Left out]': 'more than 1000 more keys' });
  });
});

describe('An object with more keys than may be written', () => {
  const many = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${String(at)}`, at]));

  it.each([
    [1500, '500 more keys'],
    [2000, '1000 more keys'],
    [2001, 'more than 1000 more keys'],
    [60_000, 'more than 1000 more keys'],
  ])(
    'is the same whether it is written first or kept first: of %p keys it has the first 1,000',
    async (count, left) => {
      const { tracker, last, line } = await started(undefined, { maxNodes: 1002 });
      tracker.emit('e', { body: many(count) });
      const { body } = last().data as { body: Record<string, unknown> };
      expect(body).toEqual({ ...many(1000), '[Left out]': left });
      expect(line()?.data).toEqual(last().data);
      const kept = await startTracking({ limits: { maxNodes: 1002 } });
      kept.tracker.emit('e', { body: many(count) });
      expect(kept.last().data).toEqual(last().data);
    },
  );

  it('has no inherited keys, though Object.prototype may have some', async () => {
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, enumerable: true, configurable: true });
    try {
      const { tracker, last } = await started(undefined, { maxNodes: 2000 });
      tracker.emit('e', { body: many(1500) });
      expect(Object.keys((last().data as { body: object }).body)).toHaveLength(1500);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
  });
});
