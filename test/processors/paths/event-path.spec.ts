import { ANY_DEPTH, ANY_KEY, PathError, readFieldPath, readValuePath } from '../../../src/processors/paths/event-path';
import { anEnvelope } from '../an-envelope';

const errorOf = (read: unknown): string => (read instanceof PathError ? `${read.what} ${read.fix}` : 'no error');

describe('readFieldPath', () => {
  it.each<[string, object[]]>([
    ['data', [{ part: 'data', steps: [] }]],
    ['data.user.email', [{ part: 'data', steps: ['user', 'email'] }]],
    ['context.0.*', [{ part: 'context', steps: ['0', ANY_KEY] }]],
    ['data.**.a', [{ part: 'data', steps: [ANY_DEPTH, 'a'] }]],
    ['data.**.**.a', [{ part: 'data', steps: [ANY_DEPTH, 'a'] }]],
    [String.raw`data.a\.b\*\[\\`, [{ part: 'data', steps: ['a.b*[\\'] }]],
    [String.raw`data.\*`, [{ part: 'data', steps: ['*'] }]],
    [
      '*.a',
      [
        { part: 'data', steps: ['a'] },
        { part: 'context', steps: ['a'] },
        { part: 'added', steps: [ANY_KEY, 'a'] },
      ],
    ],
    [
      '**.a',
      [
        { part: 'data', steps: [ANY_DEPTH, 'a'] },
        { part: 'context', steps: [ANY_DEPTH, 'a'] },
        { part: 'added', steps: [ANY_DEPTH, 'a'] },
      ],
    ],
    [
      '**.data.a',
      [
        { part: 'data', steps: [ANY_DEPTH, 'data', 'a'] },
        { part: 'data', steps: ['a'] },
        { part: 'context', steps: [ANY_DEPTH, 'data', 'a'] },
        { part: 'added', steps: [ANY_DEPTH, 'data', 'a'] },
      ],
    ],
    [
      '**.*.a',
      [
        { part: 'data', steps: [ANY_DEPTH, ANY_KEY, 'a'] },
        { part: 'data', steps: ['a'] },
        { part: 'context', steps: [ANY_DEPTH, ANY_KEY, 'a'] },
        { part: 'context', steps: ['a'] },
        { part: 'added', steps: [ANY_DEPTH, ANY_KEY, 'a'] },
      ],
    ],
  ])('reads %s', (path, expected) => {
    expect(readFieldPath(path)).toEqual(expected);
  });

  it.each<[unknown, RegExp]>([
    [5, /^it is not a string\./],
    ['', /a key in it is empty/],
    ['data.', /a key in it is empty/],
    ['data..a', /a key in it is empty/],
    ['data.a*', /a star in it is a part of a key/],
    ['data.***', /a star in it is a part of a key/],
    ['data.a\\', /ends in a backslash/],
    ['data.a[0]', /it has brackets/],
    ['data.a]', /it has brackets/],
    ['data.**', /it ends in \*\*/],
    ['**', /it ends in \*\*/],
    ['*', /every part of the event/],
    ['name', /an event keeps its name/],
    ['timestamp.x', /an event keeps its timestamp/],
    ['id', /an event keeps its id/],
    ['email', /it begins in no part of an event.*'data\.email'/],
    ['pa55-w0rd!xyz', /it begins in no part of an event.*'data\.user_id'/],
  ])('refuses %p, and says how to write it', (path, error) => {
    expect(errorOf(readFieldPath(path))).toMatch(error);
  });
});

describe('readValuePath', () => {
  it.each<[string, unknown]>([
    ['name', 'played'],
    ['data.video.id', 7],
    ['data.list.1', 'b'],
    ['context.user_id', 5],
    ['context.org.name', 'acme'],
    ['data.missing', undefined],
    ['data.video.id.deeper', undefined],
    ['data.constructor', undefined],
    ['context.missing.more', undefined],
  ])('leads %s to its value', (path, expected) => {
    const envelope = anEnvelope({ video: { id: 7 }, list: ['a', 'b'] }, { user_id: 5, org: { name: 'acme' } });
    const read = readValuePath(path);
    if (read instanceof PathError) throw new Error(read.what);
    expect(read.valueIn(envelope)).toEqual(expected);
  });

  it.each<[string, RegExp]>([
    ['data', /it leads to no value/],
    ['context', /it leads to no value/],
    ['name.x', /it leads to no value/],
    ['user_id', /it leads to no value.*'context\.user_id'/],
    ['data.*.id', /it has a star in it/],
    ['data.**.id', /it has a star in it/],
    ['data..id', /a key in it is empty/],
  ])('refuses %s', (path, error) => {
    expect(errorOf(readValuePath(path))).toMatch(error);
  });
});
