import { SendFailedException, type DeadLetter, type DeliveryOptions, type Destination } from '../../src/entries';
import { eventually } from '../support/eventually';
import { bareDelivery, closeBareDeliveries, type BareDelivery } from './bare-delivery';
import { imbalance } from './books';
import { quick } from './gate';

const PATIENT = { ...quick, retry: { ...quick.retry, attempts: 1000 } };

afterEach(closeBareDeliveries);

class WarehouseBackend implements Destination {
  calls = 0;

  constructor(private readonly answer: (events: number) => unknown) {}

  sendBatch(events: readonly unknown[]): never {
    this.calls++;
    return this.answer(events.length) as never;
  }
}

/**
 * A delivery to a destination that resolves, or throws, as `answer` does for a batch of so many
 * events.
 */
function answering(
  answer: (events: number) => unknown,
  options: DeliveryOptions = quick,
): BareDelivery<WarehouseBackend> {
  return bareDelivery(options, undefined, new WarehouseBackend(answer));
}

describe('A list of rejections that is none', () => {
  it.each<[string, (count: number) => unknown]>([
    ['an index that is a string', () => [{ index: '0', reason: 'no', retryable: true }]],
    ['an index that is not a number', () => [{ index: NaN, reason: 'no', retryable: true }]],
    ['a fraction as an index', () => [{ index: 0.5, reason: 'no', retryable: true }]],
    ['an index below 0', () => [{ index: -1, reason: 'no', retryable: true }]],
    ['an index beyond the batch', (count) => [{ index: count, reason: 'no', retryable: true }]],
    ['a BigInt as an index', () => [{ index: 0n, reason: 'no', retryable: true }]],
    ['no index', () => [{ reason: 'no', retryable: true }]],
    ['a good item and a bad one', () => [{ index: 0, reason: 'no', retryable: false }, { index: '1' }]],
    ['nothing in it', () => [null, undefined]],
    ['strings in it', () => ['0: no']],
    ['a retryable that is neither true nor false', () => [{ index: 0, reason: 'no', retryable: 'false' }]],
    ['a getter that throws', () => [Object.defineProperty({}, 'index', { get: () => fail_() })]],
    ['a proxy that is revoked', () => [revoked()]],
    ['a million items', () => new Array<unknown>(1_000_000).fill({ index: 0, reason: 'no', retryable: true })],
    ['a billion holes', () => Object.assign([], { length: 2 ** 32 - 1 })],
    ['a Set', () => new Set([{ index: 0, reason: 'no', retryable: true }])],
    ['a Map', () => new Map([[0, 'no']])],
    ['a generator', () => generated()],
    ['an asynchronous generator', () => generatedLater()],
    ['an Observable that nobody has subscribed to', () => ({ subscribe: () => undefined, pipe: () => undefined })],
    ['a function', () => () => undefined],
  ])('is a failure of the batch, and never a delivery: %s', async (_what, give) => {
    let isFixed = false;
    const { emit, counts, said } = answering((events) => Promise.resolve(isFixed ? undefined : give(events)), PATIENT);
    emit('a', 'b');
    await eventually(() => expect(counts().failedAttempts).toBeGreaterThan(3));
    expect(counts()).toMatchObject({ delivered: 0, deadLettered: 0, pending: 2 });
    expect(counts().lastError?.text).toMatch(/^sendBatch resolved with /);
    const reports = said.filter((text) => text.startsWith('WarehouseBackend: sendBatch resolved with'));
    expect(reports).toEqual([expect.stringContaining('Fix: ')]);
    isFixed = true;
    await eventually(() => expect(counts()).toMatchObject({ delivered: 2, pending: 0 }));
    expect(imbalance(counts())).toBe(0);
  });

  it.each<[string, unknown]>([
    ['the response of a client', { acknowledged: true, insertedCount: 2 }],
    ['a number', 2],
    ['a string', 'OK'],
    ['bytes', Buffer.from('OK')],
    ['true', true],
    ['null', null],
  ])('is not %s: then all were taken', async (_what, answer) => {
    const { delivery, emit, counts } = answering(() => Promise.resolve(answer));
    emit('a', 'b');
    await delivery.flush();
    expect(counts()).toMatchObject({ delivered: 2, attempts: 1, failedAttempts: 0, pending: 0 });
  });

  it('may name an event twice: it is given up only if both say so', async () => {
    const { emit, counts } = answering((events) =>
      Promise.resolve(
        events === 1
          ? []
          : [
              { index: 0, reason: 'no name', retryable: false },
              { index: 0, reason: 'no user', retryable: false },
              { index: 1, reason: 'locked', retryable: true },
              { index: 1, reason: 'too long', retryable: false },
            ],
      ),
    );
    emit('a', 'b');
    await eventually(() => expect(counts()).toMatchObject({ delivered: 1, deadLettered: 1, pending: 0 }));
  });
});

function withLetter(...how: Parameters<typeof answering>) {
  const run = answering(...how);
  const letter = (): DeadLetter | undefined => {
    const found: DeadLetter[] = [];
    run.delivery.letters.visit({}, (each) => found.push(each) < 1);
    return found[0];
  };
  return { ...run, letter };
}

describe('The reason of a rejection, or of a failure', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  it.each<[string, unknown, string]>([
    ['a BigInt', 7n, '7'],
    ['a Symbol', Symbol('no'), 'Symbol(no)'],
    ['nothing', undefined, 'no reason given'],
    ['an empty string', '', 'no reason given'],
    ['a circular object', circular, 'an instance of Object'],
    ['an error', new TypeError('wrong type'), 'wrong type'],
    ['an object without a class', Object.create(null), 'an instance of no class'],
    [
      'an object with a getter that throws',
      Object.defineProperty({}, 'message', { get: () => fail_() }),
      'a value that cannot be read',
    ],
    ['a proxy that is revoked', revoked(), 'a value that cannot be read'],
    ['a function', () => 'secret', 'a function'],
    ['lines', 'one\ntwo\r\n\u2028three\u0000', 'one two three'],
    ['half a character', 'a\ud800b', 'a b'],
  ])('may be %s: the event becomes a dead letter, and nothing stays pending', async (_what, reason, text) => {
    const { emit, counts, letter } = withLetter(() => Promise.resolve([{ index: 0, reason, retryable: false }]));
    emit('a');
    await eventually(() => expect(counts()).toMatchObject({ deadLettered: 1, pending: 0 }));
    expect(letter()).toMatchObject({ reason: `refused: ${text}`, lastError: text });
  });

  it('is short, however long it was', async () => {
    const reason = 'x'.repeat(10_000_000);
    const { emit, counts, letter } = withLetter(() => Promise.resolve([{ index: 0, reason, retryable: false }]));
    emit('a');
    await eventually(() => expect(counts().deadLettered).toBe(1));
    expect(letter()?.reason.length).toBeLessThan(600);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a Symbol', Symbol('no')],
    ['a BigInt', 1n],
    ['a circular object', circular],
    ['a proxy that is revoked', revoked()],
    ['an error whose message throws', Object.defineProperty(new Error('x'), 'message', { get: () => fail_() })],
    ['an error whose retryable throws', Object.defineProperty(new Error('x'), 'retryable', { get: () => fail_() })],
    ['a function', () => undefined],
  ])('may be thrown as %s: the batch failed, and is given up after its attempts', async (_what, thrown) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
    const { emit, counts, letter } = withLetter(() => Promise.reject(thrown), {
      ...quick,
      retry: { ...quick.retry, attempts: 3 },
    });
    emit('a');
    await eventually(() => expect(counts()).toMatchObject({ deadLettered: 1, pending: 0, failedAttempts: 3 }));
    expect(typeof letter()?.lastError).toBe('string');
  });
});

describe('A wait that a destination asks for', () => {
  const odd: [string, unknown][] = [
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
    ['negative', -5000],
    ['a string', '1000'],
    ['a Date', new Date(Date.now() + 1e10)],
    ['a BigInt', 1000n],
    ['an array', [1000]],
  ];

  const reportsOf = (said: readonly string[]): string[] => said.filter((text) => text.includes('retryAfterMs'));

  it.each(odd)('is ignored, and reported once, when it is %s: thrown', async (_what, retryAfterMs) => {
    const { emit, counts, said, gate } = answering(() =>
      gate.calls < 5 ? Promise.reject(Object.assign(new Error('busy'), { retryAfterMs })) : Promise.resolve(),
    );
    emit('a');
    await eventually(() => expect(counts()).toMatchObject({ delivered: 1, pending: 0 }));
    expect(reportsOf(said)).toEqual([expect.stringMatching(/^WarehouseBackend: .*Fix: give a number of milliseconds/)]);
  });

  it.each(odd)('is ignored, and reported once, when it is %s: in a rejection', async (_what, retryAfterMs) => {
    const { emit, counts, said, gate } = answering(() =>
      Promise.resolve(gate.calls < 5 ? [{ index: 0, reason: 'busy', retryable: true, retryAfterMs }] : []),
    );
    emit('a');
    await eventually(() => expect(counts()).toMatchObject({ delivered: 1, pending: 0 }));
    expect(reportsOf(said)).toHaveLength(1);
  });

  it('is not reported when it is 0, null or left out', async () => {
    const waits = [0, null, undefined];
    const { emit, counts, said } = answering(() => {
      if (waits.length === 0) return Promise.resolve();
      return Promise.reject(Object.assign(new Error('busy'), { retryAfterMs: waits.pop() }));
    });
    emit('a');
    await eventually(() => expect(counts()).toMatchObject({ delivered: 1, pending: 0 }));
    expect(reportsOf(said)).toEqual([]);
  });

  it.each([1e6, 1e12, Number.MAX_VALUE])('is bounded by retry.maxRetryAfterMs: %d', async (retryAfterMs) => {
    const busy = SendFailedException.create({ reason: 'busy', retryable: true, retryAfterMs });
    const { emit, counts, gate } = answering(() => (gate.calls < 2 ? Promise.reject(busy) : Promise.resolve()), {
      ...quick,
      retry: { ...quick.retry, maxRetryAfterMs: 20 },
    });
    emit('a');
    await eventually(() => expect(counts()).toMatchObject({ delivered: 1, pending: 0 }));
  });

  it('is a number too after a thousand failures in a row, without any delay between', async () => {
    const { emit, counts, gate } = answering(
      () => (gate.calls < 1100 ? Promise.reject(new Error('down')) : Promise.resolve()),
      { batch: { maxWaitMs: 1 }, retry: { minDelayMs: 0, maxDelayMs: 1, attempts: 100_000 } },
    );
    emit('a');
    await eventually(() => expect(counts()).toMatchObject({ delivered: 1, pending: 0 }));
  });
});

describe('What `refuses` returns', () => {
  it.each<[string, unknown, boolean]>([
    ['true', true, true],
    ['false', false, true],
    ['an object', { reason: 'no' }, true],
    ['null', null, false],
  ])('is no reason when it is %s: the event is queued', async (_what, refusal, isReported) => {
    class Choosy extends WarehouseBackend {
      refuses(): string | undefined {
        return refusal as never;
      }
    }
    const { delivery, emit, counts, said } = bareDelivery(quick, undefined, new Choosy(() => Promise.resolve()));
    emit('a', 'b');
    await delivery.flush();
    expect(counts()).toMatchObject({ accepted: 2, delivered: 2 });
    expect(said).toEqual(isReported ? [expect.stringMatching(/^Choosy.refuses returned .*Fix: /)] : []);
  });
});

function fail_(): never {
  throw new Error('a getter that fails');
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function* generated(): Generator<object> {
  yield { index: 0, reason: 'no', retryable: true };
}

async function* generatedLater(): AsyncGenerator<object> {
  await Promise.resolve();
  yield { index: 0, reason: 'no', retryable: true };
}
