import fc from 'fast-check';
import { fileKey } from '../../../src/cli/docs/file-key';

const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(...'aAbB./\\:*?"<>|-_~ 0é'.split('')), minLength: 1, maxLength: 12 }),
  fc.constantFrom('con', 'NUL', 'com1.txt', 'index', 'README', '..', '.', 'a.', ' a', 'a--b', 'asyncapi'),
);

describe('fileKey', () => {
  it('is a name for a file on every disk', () => {
    fc.assert(
      fc.property(name, (given) => {
        const key = fileKey(given);
        expect(key).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
        expect(key).not.toMatch(/\.$|^(con|prn|aux|nul|com\d|lpt\d|index|readme)(\.|$)/);
        expect(key.length).toBeLessThanOrEqual(100);
      }),
      { numRuns: 1000 },
    );
  });

  it('is another for another name, also where the disk does not tell case apart', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 30 }), (names) => {
        expect(new Set(names.map((each) => fileKey(each).toLowerCase())).size).toBe(names.length);
      }),
      { numRuns: 300 },
    );
    const twins = ['Play', 'play', 'play--' + fileKey('Play').slice('play--'.length), 'PLAY', '\ud800', '\ud801'];
    expect(new Set(twins.map(fileKey)).size).toBe(twins.length);
  });

  it('is the name itself where the name is plain', () => {
    for (const plain of ['play_video', 'edx.course.enrollment.activated', 'option-presented', 'v2'])
      expect(fileKey(plain)).toBe(plain);
  });

  it('keeps the address of a page: these stand in links of others', () => {
    expect(fileKey('Course Viewed')).toBe('course-viewed--a8831b54ac96');
    expect(fileKey('/courses/{id}')).toBe('courses-id--79be264e1d98');
    expect(fileKey('登録')).toBe('event--abd430510fac');
  });
});
