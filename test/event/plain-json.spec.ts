import fc from 'fast-check';
import { backend, LoggerBackend, type TrackingEvent } from 'nestjs-event-tracking';
import { MemoryBackend } from '../../src/backends/memory/memory.backend';
import { toNormalForm } from '../../src/event/normal-form';
import { PlainLook, plainText } from '../../src/event/plain-json';
import { LogFolder } from '../support/log-folder';
import { startTracking } from '../support/start-tracking';

const limits = { maxDepth: 64, maxNodes: 20_000, maxTextLength: 1_000_000 };
const seed = { seed: 20261124 };

describe('The text of data that is plain JSON', () => {
  it('is that of its normal form, whatever the data, or is left to the normal form', () => {
    let written = 0;
    const anything = fc.anything({ withDate: true, withMap: true, withBigInt: true, withNullPrototype: true });
    fc.assert(
      fc.property(fc.oneof(anything, fc.jsonValue()), (value) => {
        const text = plainText(value, new PlainLook(value, limits).maxLength);
        if (text === undefined) return;
        written++;
        expect(text).toBe(JSON.stringify(toNormalForm(value, limits, () => fail('nothing is to be replaced'))));
      }),
      { ...seed, numRuns: 2000 },
    );
    expect(written).toBeGreaterThan(500); // or nothing was tested
  });

  it.each([
    ['a Date', { at: new Date(0) }],
    ['a Map', { map: new Map([['a', 1]]) }],
    ['NaN', { n: Number.NaN }],
    ['a function', { f: () => 1 }],
    ['a bigint', { n: 1n }],
    ['a toJSON', { toJSON: () => 1 }],
    ['an array with a toJSON', { list: Object.assign([1], { toJSON: () => 1 }) }],
    ['an instance', { it: new (class Course {})() }],
    ['more than there may be', Array.from({ length: 1001 }, () => 0)],
    ['texts longer than there may be', { a: 'x'.repeat(600_000), b: 'x'.repeat(600_000) }],
    ['keys longer than there may be', { ['k'.repeat(1_000_001)]: 1 }],
  ])('is left to the normal form where there is %s', (_, value) => {
    expect(plainText(value, new PlainLook(value, limits).maxLength)).toBeUndefined();
  });

  it('is left to the normal form where data goes around in circles, many ways at once', () => {
    const knot: Record<string, unknown> = {};
    for (const key of 'abcdefgh') knot[key] = knot;
    expect(plainText(knot, new PlainLook(knot, limits).maxLength)).toBeUndefined();
  });
});

describe('An event that was written before others read it', () => {
  it('is what it was when it was emitted, even if a backend between them changed the caller’s data', async () => {
    const folder = new LogFolder();
    const data: Record<string, unknown> = { nested: { value: 'emitted' }, zero: -0, '2': 'two', '1': 'one' };
    class Meddler {
      send(): void {
        data['nested'] = 'changed';
      }
    }
    const { tracker, events } = await startTracking({
      backends: {
        a: backend(LoggerBackend, { path: folder.file(), sync: true }),
        b: backend(Meddler),
        sink: backend(MemoryBackend),
      },
    });
    tracker.emit('e', data);
    expect(events()[0]?.data).toEqual({ nested: { value: 'emitted' }, zero: 0, '2': 'two', '1': 'one' });
    expect(folder.events()[0]).toMatchObject({ data: { nested: { value: 'emitted' } } });
  });

  it('is what its processor returned, even if that changes it afterwards', async () => {
    const folder = new LogFolder();
    let kept: TrackingEvent | undefined;
    class Meddler {
      send(): void {
        if (kept !== undefined) kept.data['step'] = 'changed later';
      }
    }
    const { tracker, events } = await startTracking({
      processors: [
        (event) => {
          event.data['step'] = 'processed';
          kept = event;
        },
      ],
      backends: {
        a: backend(Meddler),
        b: backend(LoggerBackend, { path: folder.file(), sync: true }),
        sink: backend(MemoryBackend),
      },
    });
    tracker.context({ user_id: 7, nested: { deep: [1, { x: null }] } }, () => tracker.emit('e', { a: 1 }));
    const expected = { data: { a: 1, step: 'processed' }, context: { user_id: 7, nested: { deep: [1, { x: null }] } } };
    expect(folder.events()[0]).toMatchObject(expected);
    expect(events()[0]).toMatchObject(expected);
  });

  it.each([
    ['adds to the context', (event: TrackingEvent) => void (event.context['more'] = 1), { user_id: 7, more: 1 }],
    ['removes from it', (event: TrackingEvent) => ({ ...event, context: {} }), {}],
    ['changes it', (event: TrackingEvent) => void (event.context['user_id'] = 8), { user_id: 8 }],
    ['puts a class in its place', (event: TrackingEvent) => ({ ...event, context: new Map([['a', 1]]) }), { a: 1 }],
    ['makes it unreadable', (event: TrackingEvent) => ({ ...event, context: { get user_id(): number { throw new Error('no') } } }), { user_id: '[Unreadable: Error: no]' }], // prettier-ignore
  ])('has the context of its processor where that %s', async (_, process, context) => {
    const folder = new LogFolder();
    const { tracker } = await startTracking({
      processors: [process],
      backends: { log: backend(LoggerBackend, { path: folder.file(), sync: true }) },
    });
    tracker.context({ user_id: 7 }, () => tracker.emit('e'));
    expect(folder.events()[0]?.['context']).toEqual(context);
  });
});
