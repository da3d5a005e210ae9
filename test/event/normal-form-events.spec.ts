import { startWithLogAndMemory } from '../support/seen-by-all';
import { CourseKey } from './normal-form-parts';

describe('The data of an event as a whole', () => {
  it.each<readonly [what: string, data: unknown, expected: unknown]>([
    ['undefined', undefined, {}],
    ['null', null, {}],
    ['false', false, {}],
    ['0', 0, {}],
    ['0n', 0n, {}],
    ['an empty text', '', {}],
    ['not a number', Number.NaN, {}],
    ['an empty array', [], {}],
    ['an object whose toJSON gives undefined', { toJSON: () => undefined }, {}],
    ['an object whose toJSON gives null', { toJSON: () => null }, {}],
    ['a text', 'text', 'text'],
    ['a number', 1, 1],
    ['true', true, true],
    ['an array', [1, undefined], [1, null]],
    ['an empty Set', new Set(), []],
    ['a Map', new Map([['a', 1]]), { a: 1 }],
    ['an object with toJSON', new CourseKey('X'), 'course-v1:X'],
    ['a Date', new Date(1), new Date(1)],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an infinity', Number.POSITIVE_INFINITY, {}],
  ])('is normalized if it is %s', async (_what, data, expected) => {
    const app = await startWithLogAndMemory();
    expect(app.emit(data).data).toStrictEqual(expected);
  });
});

describe('An event that a processor returns', () => {
  const when = new Date('2024-02-03T04:05:00.789Z');
  const nothing = { toJSON: () => undefined };

  it.each<readonly [what: string, left: object, expected: object]>([
    ['removed its time', { timestamp: undefined }, { timestamp: when }],
    ['set an invalid time', { timestamp: new Date(Number.NaN) }, { timestamp: when }],
    ['set a time that has no JSON', { timestamp: nothing }, { timestamp: when }],
    ['removed its context', { context: undefined }, { context: { c: 1 } }],
    ['set a context that has no JSON', { context: nothing }, { context: { c: 1 } }],
    ['removed its data', { data: undefined }, { data: { d: 1 } }],
    ['set data that have no JSON', { data: nothing }, { data: { d: 1 } }],
    ['removed its name', { name: undefined }, { name: 'unknown' }],
    ['set a name that has no JSON', { name: nothing }, { name: 'unknown' }],
    ['set a name that is no text', { name: 7 }, { name: '7' }],
    ['added a field', { added: new Set([1n]) }, { added: ['1'] }],
    ['added a field that has no JSON', { added: nothing }, {}],
  ])('is complete, when it %s', async (_what, left, expected) => {
    const app = await startWithLogAndMemory({ clock: () => when });
    app.run.tracker.registerProcessor((event) => ({ ...event, ...left }));
    app.run.tracker.context({ c: 1 }, () => {
      const { id, ...event } = app.emit({ d: 1 });
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(event).toEqual({ name: 'e', timestamp: when, context: { c: 1 }, data: { d: 1 }, ...expected });
    });
  });
});
