import { imbalance } from './books';
import { quick, startGate as started } from './gate';

describe('Dead letters', () => {
  it('stay when a filter fails, except those that were redriven before', async () => {
    const { tracker, gate } = await started(quick);
    gate.behave = (events) => Promise.resolve(events.map((_, index) => ({ index, reason: 'no', retryable: false })));
    for (const name of ['a', 'b', 'c']) tracker.emit(name);
    await tracker.flush();
    const { deadLetters } = tracker;
    const where = ({ event }: { readonly event: { readonly name: string } }): boolean => {
      if (event.name === 'b') throw new Error('a fault in the filter');
      return true;
    };
    gate.behave = () => Promise.resolve();
    await expect(deadLetters.redrive({ where })).rejects.toThrow('a fault in the filter');
    await tracker.flush();
    expect(gate.names).toEqual(['a']);
    expect(deadLetters.list().map(({ event }) => event.name)).toEqual(['b', 'c']);
  });

  it('can be listed, counted, redriven under their ids, and purged, by filter', async () => {
    const { tracker, gate, counts } = await started(quick);
    gate.behave = (events) =>
      Promise.resolve(events.map(({ name }, index) => ({ index, reason: name, retryable: false })));
    for (const name of ['a', 'b', 'b', 'c']) tracker.emit(name);
    await tracker.flush();
    const { deadLetters } = tracker;
    expect(deadLetters.count()).toEqual({ 'refused: a': 1, 'refused: b': 2, 'refused: c': 1 });
    expect(deadLetters.list({ name: /^[ab]$/ }, { limit: 2 }).map(({ event }) => event.name)).toEqual(['a', 'b']);
    const ids = deadLetters.list({ name: 'b' }).map(({ event }) => event.id);

    gate.behave = () => Promise.resolve();
    expect(await deadLetters.redrive({ name: 'b' })).toBe(2);
    await tracker.flush();
    expect(gate.taken.map(({ id }) => id)).toEqual(ids);
    expect(await deadLetters.purge({ id: deadLetters.list({ name: 'a' })[0]?.event.id ?? '' })).toBe(1);
    expect(deadLetters.list().map(({ event }) => event.name)).toEqual(['c']);
    expect(counts()).toMatchObject({
      accepted: 4,
      redriven: 2,
      delivered: 2,
      deadLettered: 4,
      pending: 0,
      deadLetters: 1,
    });
    expect(imbalance(counts())).toBe(0);
  });
});
