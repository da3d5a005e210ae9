import { performance } from 'node:perf_hooks';
import { Turns } from '../../src/queues/turns';

let now = 1000;

beforeEach(() => {
  now = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe('Turns', () => {
  it('lets work continue at once while time is left in this turn', () => {
    const turns = new Turns();
    now += 1.9;
    expect(turns.isOver).toBe(false);
    expect(turns.next()).toBeUndefined();
  });

  it('ends a turn after 2 ms', () => {
    const turns = new Turns();
    now += 2;
    expect(turns.isOver).toBe(true);
  });

  it('lets other callbacks of the event loop run before the next turn', async () => {
    const turns = new Turns();
    now += 5;
    const order: string[] = [];
    setImmediate(() => order.push('request'));
    await turns.next();
    order.push('work');
    expect(order).toEqual(['request', 'work']);
  });

  it('gives each turn its own time, from when it begins', async () => {
    const turns = new Turns();
    now += 5;
    const next = turns.next();
    now += 100;
    await next;
    expect(turns.isOver).toBe(false);
    now += 1.9;
    expect(turns.isOver).toBe(false);
    now += 0.1;
    expect(turns.isOver).toBe(true);
  });
});
