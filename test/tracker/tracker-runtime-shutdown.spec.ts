import { defineCatalog } from '../../src/catalog/catalog';
import { backend } from '../../src/routing/description';
import { Lrs, Writer, bare, memory } from './runtime-parts';

describe('TrackerRuntime', () => {
  describe('at shutdown', () => {
    it('persists, drains, and accepts what a backend still accepts', async () => {
      const run = bare({ backends: { log: backend(Writer) } });
      run.start();
      const { calls } = run.instance(Writer);
      await run.runtime.close();
      expect(calls).toEqual(['persist', 'drain']);
      run.runtime.emit('late', {});
      expect(calls).toEqual(['persist', 'drain', 'accept']);
    });

    it('persists when asked to, until it has closed', async () => {
      const run = bare({ backends: { log: backend(Writer) } });
      run.start();
      const { calls } = run.instance(Writer);
      run.runtime.persist();
      expect(calls).toEqual(['persist']);
      await run.runtime.close();
      run.runtime.persist();
      expect(calls).toEqual(['persist', 'persist', 'drain']);
    });

    it('closes once', async () => {
      const run = bare({ backends: { log: backend(Writer) } });
      run.start();
      await Promise.all([run.runtime.close(), run.runtime.close()]);
      await run.runtime.close();
      expect(run.instance(Writer).calls).toEqual(['persist', 'drain']);
    });

    it('delivers the events of a destination', async () => {
      const run = bare({ backends: { lrs: backend(Lrs) } });
      run.start();
      run.runtime.emit('a', {});
      await run.runtime.close();
      expect(run.instance(Lrs).sent).toEqual(['a']);
    });

    it('writes the held events synchronously at the exit of the process', () => {
      const run = bare({ backends: { log: backend(Writer) } });
      run.start();
      run.runtime.flushSync();
      expect(run.instance(Writer).calls).toEqual(['flushSync']);
    });

    it('logs what was lost', async () => {
      const run = bare({});
      run.start();
      run.runtime.emit('a', {});
      await run.runtime.close();
      expect(run.lines.at(-1)).toBe(
        'tracker "default" closed; of 1 events emitted, dropped at the root: 1 no-backend.',
      );
    });

    it('logs the dead letters that are gone', async () => {
      const run = bare(memory, { catalog: defineCatalog([]), validation: 'reject' });
      run.start();
      run.runtime.emit('unplanned', {});
      await run.runtime.close();
      expect(run.lines.at(-1)).toContain('(catalog:rejected: 1)');
    });
  });
});
