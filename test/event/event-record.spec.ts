import fc from 'fast-check';
import { readRecord, reviveDates, type DatePath } from '../../src/event/event-record';
import type { IdentifiedEvent } from '../../src/event/tracking-event';

const TIME = '2026-11-24T08:00:00.000Z';

const parsed = (json: string): IdentifiedEvent => JSON.parse(json) as IdentifiedEvent;
const eventWith = (data: object): IdentifiedEvent => parsed(JSON.stringify({ name: 'e', timestamp: TIME, data }));

/** What every object of the process inherits from, and what a path could add to it. */
const inherited = (): readonly unknown[] =>
  [Object.prototype, Array.prototype, Function.prototype, String.prototype, Object].map((each) =>
    Object.entries(Object.getOwnPropertyDescriptors(each)).map(([key, { value }]) => [key, value]),
  );

describe('Dates of an event that was read back', () => {
  it('are put where they were', () => {
    const event = eventWith({ at: TIME, answers: [{ at: TIME }, 1], text: TIME });
    reviveDates(event, [['timestamp'], ['data', 'at'], ['data', 'answers', 0, 'at']]);
    expect(event).toEqual({
      name: 'e',
      timestamp: new Date(TIME),
      data: { at: new Date(TIME), answers: [{ at: new Date(TIME) }, 1], text: TIME },
    });
  });

  it('are put back a second time without harm: a job may be read again after it failed', () => {
    const event = eventWith({ at: TIME });
    for (let round = 0; round < 2; round++) reviveDates(event, [['timestamp'], ['data', 'at']]);
    expect(event.data).toEqual({ at: new Date(TIME) });
  });

  it('may be in a field called __proto__, which is a field like others in JSON', () => {
    const event = parsed(`{"timestamp":"${TIME}","data":{"__proto__":{"at":"${TIME}"},"constructor":"${TIME}"}}`);
    reviveDates(event, [
      ['data', '__proto__', 'at'],
      ['data', 'constructor'],
    ]);
    const { data } = event;
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    const descriptors = Object.getOwnPropertyDescriptors(data);
    expect(descriptors['__proto__']?.value).toEqual({ at: new Date(TIME) });
    expect(descriptors['constructor']?.value).toEqual(new Date(TIME));
  });

  it.each<[string, unknown]>([
    ['through the prototype', [['__proto__', 'polluted']]],
    ['to the prototype', [['__proto__']]],
    ['through the constructor', [['constructor', 'prototype', 'polluted']]],
    ['to a getter that every descriptor would inherit', [['data', '__proto__', 'get']]],
    ['to the prototype of lists', [['data', 'list', '__proto__', 'polluted']]],
    ['to a method of lists', [['data', 'list', 'push']]],
    ['to the length of a list', [['data', 'list', 'length']]],
    ['past the end of a list', [['data', 'list', 5]]],
    ['into a string', [['data', 'text', '0']]],
    ['into a string by a number', [['data', 'text', 0]]],
    ['to a number', [['data', 'number']]],
    ['to an object', [['data']]],
    ['to a string that is no time', [['data', 'text']]],
    ['to nothing', [['data', 'missing']]],
    ['below nothing', [['data', 'missing', 'further']]],
    ['below null', [['data', 'nothing', 'further']]],
    ['nowhere', [[]]],
    ['by a step that is no key', [['data', null]]],
    ['by a step that is a list', [['data', ['at']]]],
    ['by a string in the place of a path', ['data']],
    ['by null in the place of a path', [null]],
    ['by null in the place of the paths', null],
    ['by a number in the place of the paths', 7],
    ['by an object in the place of the paths', { 0: ['data', 'at'], length: 1 }],
  ])('are refused where a path leads %s', (_, paths) => {
    const before = inherited();
    const event = eventWith({ at: TIME, list: [TIME], text: 'soon', number: 1, nothing: null });
    expect(() => {
      reviveDates(event, paths as DatePath[]);
    }).toThrow(/date/);
    expect(inherited()).toEqual(before);
  });

  it('of a record on disk are refused in the same way', () => {
    const before = inherited();
    const record = `{"acceptedAt":1,"dates":[["__proto__","polluted"]]}\n{"id":"1","name":"e","timestamp":"${TIME}"}`;
    expect(() => readRecord(record)).toThrow(/date/);
    expect(inherited()).toEqual(before);
  });

  it.each([
    'null',
    '7',
    '"text"',
    '[]',
    '{"id":1,"name":"e"}',
    '{"id":"1","name":null}',
    '{"__proto__":{"id":"1","name":"e"}}',
  ])('are not looked for in a record of %s, which is no event', (text) => {
    expect(() => readRecord(`{"acceptedAt":1,"dates":[]}\n${text}`)).toThrow('no id or no name');
  });

  it('never reach anything but a string of the event itself, whatever the paths are', () => {
    const key = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'length', 'at', 'list', '0', 'timestamp'),
      fc.string({ maxLength: 3 }),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(TIME, 'text', 7, null, true),
        fc.array(tie('value'), { maxLength: 3 }),
        // As JSON.parse makes it: `__proto__` is an own field.
        fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
      ),
    }));
    const step = fc.oneof(key, fc.integer({ min: -1, max: 3 }), fc.constant(null));
    const before = JSON.stringify(inherited());
    fc.assert(
      fc.property(value, fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 4 }), (data, paths) => {
        const given = JSON.stringify({ name: 'e', timestamp: TIME, data });
        const event = parsed(given);
        try {
          reviveDates(event, paths as DatePath[]);
        } catch (error) {
          expect((error as Error).message).toContain('date');
        }
        expect(JSON.stringify(event)).toBe(given); // a Date is written as the string that it was
        expect(JSON.stringify(inherited())).toBe(before);
      }),
      { numRuns: 500 },
    );
  });
});
