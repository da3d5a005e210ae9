import { defineCatalog } from '../../src/catalog/catalog';
import { defineEvent } from '../../src/catalog/define-event';
import { backend } from '../../src/routing/description';
import { Writer, bare, dropped, memory, names } from './runtime-parts';

class Store extends Writer {
  readonly kept: unknown[] = [];

  keepCatalog(document: unknown): void {
    this.kept.push(document);
  }
}

describe('TrackerRuntime', () => {
  describe('catalog', () => {
    const catalog = defineCatalog([defineEvent('course.enrolled')]);

    it('keeps rejected events as dead letters', () => {
      const run = bare(memory, { catalog, validation: 'reject' });
      run.start();
      run.runtime.emit('unplanned', {});
      expect([dropped(run), names(run)]).toEqual([{ invalid: 1 }, []]);
      expect(run.runtime.deadLetters.list({ path: 'catalog:rejected' })).toHaveLength(1);
    });

    it('passes rejected events on when they are redriven and match', async () => {
      const run = bare(memory);
      run.start();
      const event = { name: 'rejected', timestamp: new Date(0), id: 'id', context: {}, data: {} };
      run.runtime.parts.deliveries.keepLetter('catalog:rejected', event, 'it did not match', {});
      expect(await run.runtime.deadLetters.redrive({})).toBe(1);
      expect(names(run)).toEqual(['rejected']);
    });

    it.each([
      [true, [catalog.document]],
      [undefined, []],
    ])('is published with documentation %p', async (documentation, kept) => {
      const run = bare({ backends: { store: backend(Store) } }, { catalog, documentation });
      run.start();
      run.runtime.beginDocumenting();
      await run.runtime.close();
      expect(run.instance(Store).kept).toEqual(kept);
    });

    it('is not published once the tracker has closed', async () => {
      const run = bare({ backends: { store: backend(Store) } }, { catalog, documentation: true });
      run.start();
      await run.runtime.close();
      run.runtime.beginDocumenting();
      expect(run.instance(Store).kept).toEqual([]);
    });

    it('is awaited at close while a store saves it', async () => {
      const run = bare({ backends: { store: backend(Store) } }, { catalog, documentation: true });
      run.start();
      let keep = (): void => undefined;
      run.instance(Store).keepCatalog = () => new Promise<void>((resolve) => (keep = resolve)) as never;
      run.runtime.beginDocumenting();
      const after = jest.fn();
      const closed = run.runtime.close().then(after);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      expect(after).not.toHaveBeenCalled();
      keep();
      await closed;
    });
  });
});
