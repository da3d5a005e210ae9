import { Envelope } from '../../src/event/envelope';
import { Normalizer } from '../../src/event/normalizer';
import { withDefaults } from '../../src/event/value-limits';
import { HeldTransaction, type HeldEvent } from '../../src/tracker/held-transaction';

const normalizer = new Normalizer(withDefaults({}), { report: () => undefined } as never);

function held(name: string, order: number, bytes = 10): HeldEvent {
  const event = { id: name, name, timestamp: new Date(0), context: {}, data: {} };
  const envelope = Envelope.carried(event, {}, normalizer);
  return { envelope, order, bytes, confirmation: undefined, refusal: undefined, release: undefined };
}

const names = (events: readonly HeldEvent[]): string[] => events.map(({ envelope }) => envelope.name);

describe('HeldTransaction', () => {
  it('returns its events in the order of their emits, wherever they were held', () => {
    const outer = new HeldTransaction(undefined);
    const inner = new HeldTransaction(outer);
    outer.add(held('a', 0));
    inner.add(held('b', 1));
    outer.add(held('c', 2));
    outer.adopt(inner.end('committed'));
    expect(names(outer.end('committed'))).toEqual(['a', 'b', 'c']);
  });

  it('counts the size of nested transactions in one object', () => {
    const outer = new HeldTransaction(undefined);
    const inner = new HeldTransaction(outer);
    outer.add(held('a', 0, 5));
    inner.add(held('b', 1, 7));
    expect(outer.size).toEqual({ events: 2, bytes: 12 });
    inner.forget(inner.end('rolled-back'));
    expect(outer.size).toEqual({ events: 1, bytes: 5 });
  });

  it('holds no events after it has ended', () => {
    const transaction = new HeldTransaction(undefined);
    transaction.add(held('a', 0));
    transaction.end('rolled-back');
    expect(transaction.takeAll()).toEqual([]);
  });

  it('finds the innermost transaction that is open', () => {
    const outer = new HeldTransaction(undefined);
    const middle = new HeldTransaction(outer);
    const inner = new HeldTransaction(middle);
    inner.end('committed');
    middle.end('rolled-back');
    expect(inner.nearestOpen()).toBe(outer);
    outer.end('committed');
    expect(inner.nearestOpen()).toBeUndefined();
  });

  it('is lost if a transaction around it was rolled back before it ended', () => {
    const outer = new HeldTransaction(undefined);
    const middle = new HeldTransaction(outer);
    const inner = new HeldTransaction(middle);
    expect(inner.isLostOutside()).toBe(false);
    middle.end('committed');
    expect(inner.isLostOutside()).toBe(false);
    outer.end('rolled-back');
    expect(inner.isLostOutside()).toBe(true);
  });
});
