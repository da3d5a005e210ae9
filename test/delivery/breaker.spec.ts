import fc from 'fast-check';
import { Breaker } from '../../src/delivery/breaker';
import type { BreakerReason } from '../../src/ledger/counts';

function breaker(options = {}) {
  const told: string[] = [];
  const made = new Breaker(
    { failures: 3, refusals: 10, minDelayMs: 100, maxDelayMs: 1000, ...options },
    (state, reason?: BreakerReason) => told.push(reason === undefined ? state : `${state} ${reason}`),
  );
  return { made, told };
}

/** Says that a probe begins at the time at which it may. */
function probe(made: Breaker): number {
  const at = made.allowsAt;
  expect(made.begin()).toBe(true);
  expect(made).toMatchObject({ state: 'probing', allowsAt: Infinity });
  return at;
}

describe('Breaker', () => {
  it('opens after failures in a row, waits twice as long each time, and closes when an event is taken', () => {
    const { made, told } = breaker();
    for (let at = 0; at < 2; at++) made.fail(at);
    made.succeed(2);
    for (let at = 3; at < 5; at++) made.fail(at);
    expect(made).toMatchObject({ state: 'closed', reason: undefined });
    made.fail(5);
    expect(made).toMatchObject({ state: 'open', reason: 'failing', allowsAt: 205 });
    const waits: number[] = [];
    for (let now = 205, round = 0; round < 4; round++) {
      now = probe(made);
      made.fail(now);
      waits.push(made.allowsAt - now);
    }
    expect(waits).toEqual([400, 800, 1000, 1000]);
    made.succeed(probe(made));
    expect(made).toMatchObject({ state: 'closed', reason: undefined });
    expect(told).toEqual(['open failing', 'closed']);
  });

  it('ignores the failures of batches that were sent before it opened', () => {
    const { made } = breaker();
    for (let at = 0; at < 3; at++) made.fail(at);
    const { allowsAt } = made;
    made.fail(50);
    expect(made.allowsAt).toBe(allowsAt);
  });

  it('opens for a destination that refuses everything, and not for one that takes something', () => {
    const { made, told } = breaker();
    made.refuse(0, 9);
    made.succeed(1);
    made.refuse(2, 9);
    expect(made.state).toBe('closed');
    made.refuse(3, 1);
    expect(made).toMatchObject({ state: 'open', reason: 'refusing' });
    for (let round = 0; round < 3; round++) made.refuse(probe(made), 1);
    expect(made).toMatchObject({ state: 'open', reason: 'refusing' });
    made.succeed(probe(made));
    expect(told).toEqual(['open refusing', 'closed']);
  });

  it('takes a refusal for an answer: a destination that was down is back', () => {
    const { made, told } = breaker();
    for (let at = 0; at < 3; at++) made.fail(at);
    made.refuse(probe(made), 1);
    expect(made.state).toBe('closed');
    expect(told).toEqual(['open failing', 'closed']);
  });

  it('holds back for as long as it is asked to, and opens for a wait that no back-off would be', () => {
    const { made, told } = breaker();
    made.hold(0, 900);
    expect(made).toMatchObject({ state: 'closed', allowsAt: 900 });
    made.hold(10, 100); // a shorter one takes nothing back
    expect(made.allowsAt).toBe(900);
    made.hold(20, 5000);
    expect(made).toMatchObject({ state: 'open', reason: 'retry-after', allowsAt: 5020 });
    made.succeed(30); // what was sent before
    expect(made).toMatchObject({ state: 'open', allowsAt: 5020 });
    made.succeed(probe(made));
    expect(made.state).toBe('closed');
    expect(told).toEqual(['open retry-after', 'closed']);
  });

  it('does not wait for a probe that was not sent after all', () => {
    const { made } = breaker();
    for (let at = 0; at < 3; at++) made.fail(at);
    const at = probe(made);
    made.cancel(at);
    expect(made).toMatchObject({ state: 'open', allowsAt: at });
    made.succeed(at + 1);
    made.cancel(at + 2);
    expect(made.state).toBe('closed');
  });

  it('always lets something through again, whatever happened', () => {
    type Event =
      | { readonly does: 'fail' | 'succeed' | 'begin' | 'cancel' }
      | { readonly does: 'hold' | 'refuse'; readonly n: number };
    const event: fc.Arbitrary<Event> = fc.oneof(
      fc.record({ does: fc.constantFrom('fail' as const, 'succeed' as const, 'begin' as const, 'cancel' as const) }),
      fc.record({ does: fc.constantFrom('hold' as const, 'refuse' as const), n: fc.integer({ min: 0, max: 4000 }) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 2000 }), fc.constantFrom(0, 1, 100), (events, minDelayMs) => {
        const { made } = breaker({ minDelayMs });
        let now = 0;
        for (const each of events) {
          now += 10;
          if (each.does === 'hold') made.hold(now, each.n);
          else if (each.does === 'refuse') made.refuse(now, each.n);
          else if (each.does !== 'begin') made[each.does](now);
          else if (made.allowsAt <= now) made.begin();
          expect(Number.isNaN(made.allowsAt)).toBe(false);
          if (made.state !== 'probing') expect(made.allowsAt).toBeLessThanOrEqual(now + 4000);
          expect(made.reason === undefined).toBe(made.state === 'closed');
        }
      }),
    );
  });
});
