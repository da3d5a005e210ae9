import fc from 'fast-check';
import { DEFAULT_LIMITS, toNormalForm } from '../../src/event/normal-form';
import { heapUsed } from '../support/heap-used';
import { RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';

/** Lists that are too deep, below objects with these keys. */
function tooDeep(keys: readonly string[], count: number): unknown {
  let value: unknown = Array.from({ length: count }, () => [[[1]]]);
  for (const key of [...keys].reverse()) value = { [key]: value };
  return value;
}

function keys(count: number, length: number): string[] {
  return Array.from({ length: count }, (_, at) => `${String(at)}-`.padEnd(length, 'k'));
}

async function started(): Promise<BuiltTracking & { readonly warnings: readonly string[] }> {
  const logger = new RecordingLogger();
  const run = await startTracking({ logger });
  return Object.assign(run, { warnings: logger.warnings });
}

describe('An event with many values that cannot be written', () => {
  it('has all of them counted, and a few of them logged', async () => {
    const { tracker, ledger, warnings } = await started();
    tracker.emit('webhook.received', { body: tooDeep(keys(62, 5), 1500) });
    expect(ledger.tracker().replaced).toEqual({ 'too-deep': 1500 });
    expect(warnings).toHaveLength(1); // the items of a list are one place
    tracker.emit('other', Object.fromEntries(keys(1000, 20).map((key) => [key, Number.NaN])));
    expect(ledger.tracker().replaced).toEqual({ 'too-deep': 1500, 'not-finite': 1000 });
    expect(warnings).toHaveLength(6);
  });

  it('names each kind, though there are thousands of another before it', async () => {
    const { tracker, warnings } = await started();
    tracker.emit('e', { list: Array.from({ length: 5000 }, () => Number.NaN), last: () => 1 });
    expect(warnings).toEqual([expect.stringContaining(' at data.list.* '), expect.stringContaining(' at data.last ')]);
  });

  it('takes no warning from others: losses are logged after any number of such events', async () => {
    const { tracker, warnings } = await started();
    for (let at = 0; at < 2000; at++) tracker.emit(`e${String(at)}`, { [`k${String(at)}`]: Number.NaN });
    tracker.registerBackend('broken', {
      send: () => {
        throw new Error('the backend is broken');
      },
    });
    tracker.registerProcessor(() => {
      throw new Error('the processor is broken');
    });
    tracker.emit('x');
    expect(warnings.filter((warning) => warning.includes('is broken'))).toHaveLength(2);
    expect(warnings.length).toBeLessThan(110);
  });

  it('keeps nothing of long keys, and shows a part of them', async () => {
    const { tracker, warnings } = await started();
    const emit = (): void => tracker.emit('e', { body: tooDeep(keys(62, 9000), 10) });
    emit();
    const before = heapUsed();
    for (let at = 0; at < 20; at++) emit();
    tracker.emit('last'); // the sink of the test keeps events
    const body = 62 * 9000 * 21;
    expect(heapUsed() - before).toBeLessThan(body + 5_000_000);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.length).toBeLessThan(800);
  });
});

describe('A warning about a value', () => {
  it('is one printable line, whatever the keys on the way to it', async () => {
    const { tracker, warnings } = await started();
    const forged = '\u001b[2K\r[Nest] 4242 - ERROR [AuthService] admin logged in\n\u202e\u2028\ud800';
    tracker.emit(`name${forged}`, { body: { [forged]: Number.NaN } });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u202e]/u);
    expect(warnings[0]).toContain('\\u001b[2K\\u000d[Nest] 4242');
  });
});

describe('The place of a replaced value', () => {
  const key = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constant('__proto__'));
  const step = fc.oneof(key, fc.nat({ max: 3 }));

  it('is bounded, whatever leads to it, and the same for all items of a list', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const value = steps.reduceRight<unknown>((inner, each) => wrapped(inner, each), Number.NaN);
        const paths: string[] = [];
        toNormalForm(value, DEFAULT_LIMITS, (kind, place) => {
          if (kind === 'not-finite') paths.push(place.path());
        });
        expect(paths.length).toBe(1);
        expect(paths[0]?.length).toBeLessThanOrEqual(10 * 51);
        const other = steps.reduceRight<unknown>(
          (inner, each) => wrapped(inner, typeof each === 'number' ? each + 1 : each),
          Number.NaN,
        );
        toNormalForm(other, DEFAULT_LIMITS, (_, place) => expect(place.path()).toBe(paths[0]));
      }),
    );
  });
});

function wrapped(inner: unknown, step: string | number): unknown {
  if (typeof step === 'number') return [...Array<number>(step).fill(1), inner];
  return Object.defineProperty({}, step, { value: inner, enumerable: true });
}
