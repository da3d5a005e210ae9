import type { NodeCounts } from '../../src/ledger/counts';
import { RateHistory } from '../../src/explorer/rate-history';

const node = (path: string, received: number, passed = received): NodeCounts => ({
  ...{ path, received, passed, dropped: { filtered: received - passed }, failures: {} },
});

describe('RateHistory', () => {
  it('has no rates before the second sample', () => {
    const history = new RateHistory();
    history.sample([node('', 10)], 0, 1000);
    expect(history.points()).toEqual([]);
    expect(history.of('')).toEqual({ received: [], ended: [] });
  });

  it('computes events per second between two samples', () => {
    const history = new RateHistory();
    history.sample([node('', 10)], 0, 1000);
    history.sample([node('', 30)], 2000, 3000);
    history.sample([node('', 30)], 4000, 5000);
    expect(history.points()).toEqual([3000, 5000]);
    expect(history.of('')).toEqual({ received: [10, 0], ended: [10, 0] });
  });

  it('counts what a destination has delivered, dead-lettered or dropped as ended', () => {
    const delivery = { accepted: 9, delivered: 4, deadLettered: 1, dropped: { 'queue-full': 2 }, pending: 2 };
    const history = new RateHistory();
    history.sample([node('lrs', 0)], 0, 0);
    history.sample([{ ...node('lrs', 9), delivery: delivery }], 1000, 1000);
    expect(history.of('lrs')).toEqual({ received: [9], ended: [7] });
  });

  it('shows zeros for the time before a node was registered, and forgets one that is gone', () => {
    const history = new RateHistory();
    history.sample([node('', 0)], 0, 0);
    history.sample([node('', 1)], 1000, 1);
    history.sample([node('', 2), node('late', 5)], 2000, 2);
    expect(history.of('late')).toEqual({ received: [0, 5], ended: [0, 5] });
    history.sample([node('', 3)], 3000, 3);
    expect(history.of('late').received).toEqual([0, 0, 0]);
  });

  it('is never negative, and keeps 60 points', () => {
    const history = new RateHistory();
    for (let at = 0; at < 100; at++) history.sample([node('', at === 50 ? 0 : at * 10)], at * 1000, at);
    expect(history.points()).toHaveLength(60);
    expect(history.of('').received).toHaveLength(60);
    expect(Math.min(...history.of('').received)).toBe(0);
  });
});
