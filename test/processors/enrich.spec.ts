import { Injectable, Module } from '@nestjs/common';
import fc from 'fast-check';
import { backend, MemoryBackend, processor } from '../../src/entries';
import type { ProcessorSettings } from '../../src/entries/types';
import { Enrich, type EnrichOptions } from '../../src/processors/enrich';
import { startTracking } from '../support/start-tracking';
import { errorsOf, startTwoBranches, type TwoBranches } from '../support/two-branches';

const start = (options: EnrichOptions, settings?: ProcessorSettings): Promise<TwoBranches> =>
  startTwoBranches([processor(Enrich, options, settings)]);
const courses = new Map<unknown, object>([
  ['DemoX', { org: 'edX', title: 'Demo' }],
  [5, { org: 'five' }],
]);
const lookup = (id: string): object | undefined => courses.get(id);

describe('Enrich', () => {
  it('adds what is known for a key, to the context, in its own branch only', async () => {
    const run = await start({ key: 'context.course_id', lookup });
    const event = run.emit('e', { a: 1 }, { course_id: 'DemoX', title: 'Mine' });

    expect(event?.context).toEqual({ course_id: 'DemoX', title: 'Mine', org: 'edX' });
    expect(event).toEqual({ ...run.untouched, context: event?.context });
    expect(run.untouched.context).toEqual({ course_id: 'DemoX', title: 'Mine' });
  });

  it('adds it to the data, over what is there, if it is told to', async () => {
    const run = await start({ key: 'data.course.id', lookup, into: 'data', override: true });

    expect(run.emit('e', { course: { id: 'DemoX' }, title: 'Mine' })?.data).toEqual({
      course: { id: 'DemoX' },
      title: 'Demo',
      org: 'edX',
    });
  });

  it('gives the key as it is to the lookup, a number too, and copies of objects', async () => {
    const asked: unknown[] = [];
    const run = await start({
      key: 'data.key',
      lookup: (key: { changed?: boolean }) => {
        asked.push(key);
        if (typeof key === 'object') key.changed = true;
        return courses.get(key);
      },
    });

    expect(run.emit('e', { key: 5 })?.context).toEqual({ org: 'five' });
    expect(run.emit('e', { key: { id: 1 } })?.data).toEqual({ key: { id: 1 } });
    expect(asked).toEqual([5, { id: 1, changed: true }]);
  });

  it('asks a function for the key, which gets a copy of the event', async () => {
    const run = await start({
      key: (event) => {
        const [course] = event.name.split('.');
        event.name = 'changed';
        return course;
      },
      lookup,
    });

    expect(run.emit('DemoX.viewed')).toMatchObject({ name: 'DemoX.viewed', context: { org: 'edX' } });
  });

  it('does not ask where there is no key, and keeps the event, or drops it as filtered', async () => {
    const asked: unknown[] = [];
    const asking = (id: string): object | null => {
      asked.push(id);
      return courses.get(id) ?? null;
    };
    const keeping = await start({ key: 'data.course', lookup: asking });
    for (const data of [{}, { course: null }, { course: 'unknown' }, 'a text', [1]])
      expect(keeping.emit('e', data)).toBeDefined();
    expect(asked).toEqual(['unknown']);

    const dropping = await start({ key: 'data.course', lookup, onMiss: 'drop' });
    for (const data of [{}, { course: 'unknown' }]) expect(dropping.emit('e', data)).toBeUndefined();
    expect(dropping.emit('e', { course: 'DemoX' })).toBeDefined();
    expect(dropping.counts.dropped).toEqual({ filtered: 2 });
    expect(dropping.warnings).toEqual([]);
  });

  it('does not keep what the application changes later in its cache, and keeps the cache as it is', async () => {
    const known = { tags: ['a'] };
    const run = await start({ key: 'data.id', lookup: () => known });
    const event = run.emit('e', { id: 1 });
    known.tags.push('b');

    expect(run.events[0]).toEqual(event);
    expect(run.emit('e', { id: 1 })?.context).toEqual({ tags: ['a', 'b'] });
  });

  it('leaves data alone that has no fields', async () => {
    const run = await start({ key: (event) => event.name, lookup: () => ({ a: 1 }), into: 'data' });

    expect(run.emit('e', ['a', 'list'])?.data).toEqual(['a', 'list']);
    expect(run.emit('e', 'text')?.data).toBe('text');
    expect(run.emit('e', {})?.data).toEqual({ a: 1 });
  });

  it('refuses a lookup that gives a promise: the event is dropped, the fix told, the rejection unheard', async () => {
    const late = (() => Promise.reject(new Error('late'))) as unknown as EnrichOptions['lookup'];
    const run = await start({ key: 'data.id', lookup: late });

    expect(run.emit('e', { id: 1 })).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
    expect(run.counts.dropped).toEqual({ 'async-processor': 1 });
    expect(run.warnings.join()).toMatch(/processors\[0\] \(Enrich\) returned a promise.*Fix/);
  });

  it.each([
    ['fails', () => { throw new Error('no'); }], // prettier-ignore
    ['gives a text', () => 'text'],
    ['gives a list', () => [1]],
  ])('lets the event go on as it was if the lookup %s, or holds it back with onError: drop', async (_what, failing) => {
    const options = { key: 'data.id', lookup: failing as () => object };
    const skipping = await start(options);
    expect(skipping.emit('e', { id: 1 })).toMatchObject({ context: {}, data: { id: 1 } });
    expect(Object.values(skipping.counts.failures)).toEqual([1]);

    const dropping = await start(options, { onError: 'drop' });
    expect(dropping.emit('e', { id: 1 })).toBeUndefined();
  });

  it('reads a cache that Nest has built', async () => {
    @Injectable()
    class Courses {
      readonly titles = new Map([['DemoX', { title: 'Demo' }]]);
    }
    @Module({ providers: [Courses], exports: [Courses] })
    class CoursesModule {}
    const enrich = processor(
      Enrich,
      {
        inject: [Courses],
        useFactory: (cache: Courses) => ({ key: 'data.course', lookup: (id: string) => cache.titles.get(id) }),
      },
      { imports: [CoursesModule] },
    );
    const run = await startTracking({ processors: [enrich], backends: { sink: backend(MemoryBackend) } });
    run.tracker.emit('e', { course: 'DemoX' });

    expect(run.last().context).toEqual({ title: 'Demo' });
  });

  it.each<[what: string, options: unknown, expected: RegExp]>([
    ['no key', { lookup }, /key is missing; expected a path or a function/],
    ['a key of many values', { key: 'data.*.id', lookup }, /it has a star in it/],
    ['a key that leads nowhere', { key: 'course_id', lookup }, /it leads to no value/],
    ['no lookup', { key: 'data.a' }, /lookup is missing; expected a function/],
    ['an async lookup', { key: 'data.a', lookup: async () => Promise.resolve({}) }, /lookup is an async function/],
    ['a place that is none', { key: 'data.a', lookup, into: 'both' }, /into is "both"; expected "context" or "data"/],
    ['a miss that is none', { key: 'data.a', lookup, onMiss: 'skip' }, /onMiss is "skip"; expected "keep" or "drop"/],
  ])('refuses at start %s', async (_what, options, expected) => {
    const errors = await errorsOf(processor(Enrich, options as EnrichOptions));

    expect(errors.map(({ what }) => what).join('\n')).toMatch(expected);
  });

  it('adds to any event what is known for its key, for any keys and values, and nothing else', async () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { noNullPrototype: true });
    let known = new Map<unknown, object>();
    const run = await start({ key: 'data.id', lookup: (id) => known.get(id) });
    fc.assert(
      fc.property(value, fc.option(value), fields, fields, (id, knownId, context, found) => {
        known = new Map([[knownId, found]]);
        const event = run.emit('e', { id }, context);
        const isFound = id !== null && id === knownId;
        expect(event?.context).toEqual(isFound ? { ...found, ...context } : context);
        expect(event?.data).toEqual({ id });
      }),
    );
  });
});
