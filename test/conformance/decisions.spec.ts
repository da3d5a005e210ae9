import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidContextException, UnknownContextException } from 'nestjs-event-tracking';
import { decisions } from './decisions';
import { start } from './decision-parts';

const DECISIONS = join(__dirname, '../../docs/decisions');

/**
 * Where a vector is marked `defect`, the reference is left on purpose. What we do instead, by the
 * number of the decision in docs/decisions.
 */
describe('Where the reference has a defect, the tracker', () => {
  it.each(decisions)('documents in docs/decisions how it handles $kind ($number)', ({ number, title }) => {
    const files = readdirSync(DECISIONS).filter((file) => file.startsWith(number));
    expect(files).toEqual([`${number}-${title.toLowerCase().replaceAll(' ', '-')}.md`]);
    expect(readFileSync(join(DECISIONS, files[0] ?? ''), 'utf8').split('\n').length).toBeLessThan(40);
  });

  describe('with contexts', () => {
    it('0010: stacks a name that is entered twice, so that leaving it restores the hidden value', async () => {
      const { tracker, contexts } = await start();
      tracker.enterContext('a', { k: 1, first: true });
      tracker.enterContext('a', { k: 2, second: true });
      tracker.emit('e');
      tracker.exitContext('a');
      tracker.emit('e');
      tracker.exitContext('a');
      tracker.emit('e');
      expect(contexts()).toEqual([{ k: 2, first: true, second: true }, { k: 1, first: true }, {}]);
      expect(() => {
        tracker.exitContext('a');
      }).toThrow(UnknownContextException);
    });

    it('0011: makes a name that is entered again the innermost, and leaves the latest entry of that name', async () => {
      const { tracker, contexts } = await start();
      tracker.enterContext('a', { k: 'a1' });
      tracker.enterContext('b', { k: 'b' });
      tracker.enterContext('a', { k: 'a2' });
      tracker.emit('e');
      tracker.exitContext('b');
      tracker.emit('e');
      tracker.exitContext('a');
      tracker.emit('e');
      expect(contexts()).toEqual([{ k: 'a2' }, { k: 'a2' }, { k: 'a1' }]);
    });

    it('0012: ends a scope without changing the outer scope of the same name', async () => {
      const { tracker, contexts } = await start();
      tracker.context('s', { k: 1 }, () => {
        tracker.emit('one');
        tracker.context('s', { k: 2 }, () => {
          tracker.emit('two');
        });
        tracker.emit('three');
      });
      tracker.emit('four');
      expect(contexts()).toEqual([{ k: 1 }, { k: 2 }, { k: 1 }, {}]);
    });

    it('0012: rethrows the error of the body, whatever the body has left or entered', async () => {
      const { tracker, contexts } = await start();
      const failing = (): void => {
        tracker.context('s', { k: 1 }, () => {
          tracker.exitContext('s');
          tracker.enterContext('left open', { m: 1 });
          throw new Error('of the body');
        });
      };
      expect(failing).toThrow('of the body');
      tracker.emit('after');
      expect(contexts()).toEqual([{}]);
    });

    it('0013: copies a context when it is entered, nested values too', async () => {
      const { tracker, contexts } = await start();
      const values = { k: 1, n: { m: 1 } };
      tracker.enterContext('a', values);
      values.k = 2;
      values.n.m = 9;
      tracker.emit('e');
      tracker.context(values, () => {
        values.n.m = 10;
        tracker.emit('e');
      });
      expect(contexts()).toEqual([
        { k: 1, n: { m: 1 } },
        { k: 2, n: { m: 9 } },
      ]);
    });

    it.each([null, undefined, 5, 'text', true])('0014: refuses to enter %p, and keeps emitting', async (values) => {
      const { tracker, contexts } = await start();
      tracker.enterContext('a', { k: 1 });
      expect(() => {
        tracker.enterContext('b', values as never);
      }).toThrow(InvalidContextException);
      tracker.emit('e');
      expect(contexts()).toEqual([{ k: 1 }]);
    });

    it.each([null, 5, 'text'])('0014: runs the body of a scope of %p without values, and warns', async (values) => {
      const { tracker, contexts, warnings } = await start();
      const result = tracker.context('a', { k: 1 }, () =>
        tracker.context('b', values as never, () => {
          tracker.emit('e');
          return 'of the body';
        }),
      );
      expect(result).toBe('of the body');
      expect(contexts()).toEqual([{ k: 1 }]);
      expect(warnings).toEqual([expect.stringContaining('context("b")')]);
    });

    it('0015: refuses to enter a list of pairs, and runs the body of a scope of one without values', async () => {
      const { tracker, contexts, warnings } = await start();
      const pairs = [
        ['k', 1],
        ['j', 2],
      ];
      expect(() => {
        tracker.enterContext('a', pairs);
      }).toThrow(InvalidContextException);
      tracker.context('a', pairs, () => {
        tracker.emit('e');
      });
      expect(contexts()).toEqual([{}]);
      expect(warnings).toHaveLength(1);
    });

    it('0029: ends the values that were entered in a scope with that scope', async () => {
      const { tracker, contexts } = await start();
      tracker.context('s', { k: 1 }, () => {
        tracker.enterContext('a', { x: 1 });
        tracker.emit('in');
      });
      tracker.emit('after');
      expect(contexts()).toEqual([{ k: 1, x: 1 }, {}]);
    });

    it('0029: leaves only names that were entered in the same scope', async () => {
      const { tracker, contexts } = await start();
      tracker.enterContext('a', { x: 1 });
      tracker.context('s', { k: 1 }, () => {
        expect(() => {
          tracker.exitContext('a');
        }).toThrow(UnknownContextException);
        tracker.exitContext('s');
        tracker.emit('in');
      });
      tracker.emit('after');
      expect(contexts()).toEqual([{ x: 1 }, { x: 1 }]);
    });
  });
});
