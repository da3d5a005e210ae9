import fc from 'fast-check';
import { EventFilter } from '../../src/explorer/event-filter';
import type { FilterSubject } from '../../src/explorer/filter-subject';
import { wildcard } from '../../src/explorer/filter-pattern';
import { cpuMs, expectWithin } from '../support/growth';

const subject = (changes: Partial<FilterSubject> = {}, data: Record<string, unknown> = {}): FilterSubject => ({
  ...{ id: 'id-1', name: 'edx.course.enrollment.activated', process: 'web:1', actor: '7', bytes: 1200, violations: 0 },
  outcomes: [{ path: 'lrs', state: 'delivered' }],
  event: { id: 'id-1', name: 'e', timestamp: '', context: { course_id: 'DemoX', org: { id: 'edX' } }, data },
  ...changes,
});

const { read } = EventFilter;

const matches = (filter: string, of: FilterSubject = subject()): boolean => {
  const { error } = read(filter);
  expect(error).toBeUndefined();
  return read(filter).matches(of);
};

describe('EventFilter', () => {
  it.each([
    ['', true],
    ['   ', true],
    ['name:edx.course.*', true],
    ['name:edx.course', false],
    ['name:EDX.*ACTIVATED', true],
    ['name=edx.course.enrollment.activated', true],
    ['name=edx.course', false],
    ['name:edx.course.enrollment.activate\\*', false],
    ['name:"edx.course.*"', true],
    ['-name:edx.*', false],
    ['\\-name', false],
    ['name!=edx.course.enrollment.activated', false],
    ['user:7', true],
    ['user:8', false],
    ['id:id-*', true],
    ['process:web:*', true],
    ['size>1000', true],
    ['size<=1199', false],
    ['has:violation', false],
    ['-has:violation', true],
    ['has:user', true],
    ['has:error', false],
    ['has:drop', false],
    ['-has:dead', true],
    ['has:retry', false],
    ['has!=retry', true],
    ['destination:lrs', true],
    ['destination:lrs=delivered', true],
    ['destination:lrs=dead', false],
    ['destination:lr', false],
    ['destination!=lrs=dead', true],
    ['size:1200', true],
    ['state:delivered', true],
    ['context.course_id=DemoX', true],
    ['context.org.id:ed*', true],
    ['context.org.id!=edX', false],
    ['DemoX', true],
    ['demox', true],
    ['Demo*', true],
    ['course.enrollment', true],
    ['course_id', false],
    ['"user:7"', false],
    ['12:30', false],
    ['"Demo Course"', false],
    ['user:7 name:edx.* state:delivered', true],
    ['user:7 name:other', false],
  ])('reads %p, and matches an event: %p', (filter, isMatch) => {
    expect(matches(filter)).toBe(isMatch);
  });

  it.each([
    ['data.mode=audit', { mode: 'audit' }, true],
    ['data.mode="with space"', { mode: 'with space' }, true],
    ['data.mode="a \\" quote"', { mode: 'a " quote' }, true],
    ['data.mode:AUD*', { mode: 'audit' }, true],
    ['data.mode="*"', { mode: 'audit' }, true],
    ['data.mode="\\*"', { mode: 'audit' }, false],
    ['data.path="C:\\\\x"', { path: 'C:\\x' }, true],
    ['data.text="a:b=c"', { text: 'a:b=c' }, true],
    ['data."a key"=1', { 'a key': 1 }, true],
    ['data.a\\.b=1', { 'a.b': 1 }, true],
    ['data.x=""', { x: '' }, true],
    ['data.x=""', {}, false],
    ['data.o=\\{\\"a\\":1}', { o: { a: 1 } }, true],
    ['data.n=3', { n: 3 }, true],
    ['data.n>2', { n: 3 }, true],
    ['data.n>2', { n: '3' }, false],
    ['data.ok=true', { ok: true }, true],
    ['data.none=null', { none: null }, true],
    ['data.answers.text:par*', { answers: [{ text: 'London' }, { text: 'Paris' }] }, true],
    ['data.answers.text:rome', { answers: [{ text: 'Paris' }] }, false],
    ['data.tags=b', { tags: ['a', 'b'] }, true],
    ['data.answers.1.text=Paris', { answers: [{}, { text: 'Paris' }] }, true],
    ['data.missing!=x', {}, true],
    ['data.constructor:*', {}, false],
    ['data.__proto__:*', {}, false],
  ])('looks into the values: %p', (filter, data, isMatch) => {
    expect(matches(filter, subject({}, data))).toBe(isMatch);
  });

  it.each([
    ['nme:edx', '"nme:" is unknown', 'nme:edx'],
    ['user:7 has:nothing', '"has:nothing" is unknown', 'has:nothing'],
    ['state:lost', '"lost" is not a state', 'state:lost'],
    ['a  destination:lrs=lost b', '"lost" is not a state', 'destination:lrs=lost'],
    ['-size>big', '"big" is not a number', '-size>big'],
    ['name>b', '">" compares numbers', 'name>b'],
    ['name:', '"name:" has no value', 'name:'],
    ['name:a data.x="open b', 'A quote is not closed', '"open b'],
    ['x'.repeat(1001), 'The filter has more than 1000 characters', 'x'],
    [Array(21).fill('a').join(' '), 'The filter has more than 20 terms', 'a'],
  ])('explains what is wrong with %.20p and where, and then matches everything', (filter, message, place) => {
    const filterRead = read(filter);
    const { error } = filterRead;
    expect(error?.message).toBe(message);
    expect(error?.fix).toMatch(/^[A-Z][^]*[^.]$/);
    expect(filter.slice(error?.start, (error?.start ?? 0) + (error?.length ?? 0))).toBe(place);
    expect(filterRead.matches(subject())).toBe(true);
  });

  it('finds what is below a destination', () => {
    const below = subject({ outcomes: [{ path: 'caliper/mongo', state: 'dropped', reason: 'full' }] });
    expect(matches('destination:caliper', below)).toBe(true);
    expect(matches('destination:caliper=dropped', below)).toBe(true);
    expect(matches('destination:caliper/*', below)).toBe(true);
    expect(matches('destination:mongo', below)).toBe(false);
    expect(matches('destination:cal', below)).toBe(false);
    expect(matches('has:drop', below)).toBe(true);
  });

  it('knows which filters an event may match later', () => {
    for (const late of ['has:dead', 'a -state:dead', 'destination:lrs']) expect(read(late).mayMatchLater).toBe(true);
    for (const fixed of ['', 'name:a', 'has', 'data.state=dead']) expect(read(fixed).mayMatchLater).toBe(false);
  });

  it('reads any text without throwing, in bounded time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        EventFilter.read(text).matches(subject());
      }),
    );
  });
});

describe('wildcard', () => {
  it('agrees with a regular expression', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 6 }).map((each) => each.join(''));
    const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((each) => each.join(''));
    fc.assert(
      fc.property(letters, text, (pattern, given) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(given);
        expect(wildcard(pattern.split('*'))(given)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no time for many wildcards', () => {
    const matches = wildcard('*a'.repeat(400).split('*'));
    expect(matches('a'.repeat(399) + 'b')).toBe(false);
    expectWithin(100, () => cpuMs(() => matches('a'.repeat(399) + 'b')));
  });
});
