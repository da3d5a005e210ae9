import type { CatalogLock } from '../../../src/cli/check/catalog-lock';
import { compareCatalogs } from '../../../src/cli/check/compare-catalogs';

const DATA = { type: 'object', properties: { item: { $ref: 'item.json' } } };
const lock = (events: CatalogLock['events'], contexts: CatalogLock['contexts'] = {}): CatalogLock => ({
  ...{ format: 1, events, contexts },
});
const graded = (version: number): CatalogLock => lock({ graded: { version, data: DATA } });

/** The name, the verdict, and what is not followed. */
function found(was: CatalogLock, is: CatalogLock, accepted: readonly string[] = []): unknown[] {
  return compareCatalogs(was, is, accepted).map(({ name, verdict, changes }) => [
    ...[name, verdict],
    ...changes.filter(({ kind }) => kind === 'reference-not-followed').map(({ path, what }) => `${path}: ${what}`),
  ]);
}

describe('compareCatalogs, of a reference that leads out of its schema', () => {
  const NOT_FOLLOWED = 'reference not followed: "item.json"';

  it('never says that all is well, since what is described there may have changed', () => {
    expect(found(graded(1), graded(1))).toEqual([['graded', 'breaking', `data: ${NOT_FOLLOWED}`]]);
  });

  it('is not settled by a raised version, nor by accepting it', () => {
    expect(found(graded(1), graded(2))).toEqual([['graded', 'breaking', `data: ${NOT_FOLLOWED}`]]);
    expect(found(graded(1), graded(1), ['graded'])).toEqual([['graded', 'breaking', `data: ${NOT_FOLLOWED}`]]);
    const course = lock({}, { course: { fields: DATA } });
    expect(found(course, course, ['course'])).toEqual([['course', 'breaking', `context: ${NOT_FOLLOWED}`]]);
  });

  it('finds it in what is new', () => {
    expect(found(lock({}), graded(1))).toEqual([['graded', 'breaking', `data: ${NOT_FOLLOWED}`]]);
    const context = lock({ graded: { version: 1, context: DATA } });
    expect(found(lock({ graded: { version: 1 } }), context)).toEqual([
      ['graded', 'breaking', `context: ${NOT_FOLLOWED}`],
    ]);
  });

  it('is content with one that leads to a schema in $defs', () => {
    const data = { ...DATA, $defs: { item: { $id: 'item.json', type: 'string' } } };
    expect(found(lock({ graded: { version: 1, data } }), lock({ graded: { version: 1, data } }))).toEqual([]);
  });
});
