import { runInRequestStore, type RequestStore } from '../../src/context/request-store';
import { Scope } from '../../src/context/scope';
import { createTrackerParts } from '../../src/tracker/tracker-parts';
import { LogLines, runtimeOptions } from './bare-runtime';

function parts(options: Parameters<typeof runtimeOptions>[1] = {}) {
  const log = new LogLines();
  return { ...createTrackerParts({}, runtimeOptions(log.notices, options)), log };
}

describe('createTrackerParts', () => {
  it('makes ids that are UUIDs of version 7, unless the options bring others', () => {
    expect(parts().ids.next(0)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(parts({ ids: { next: () => 'fixed' } }).ids.next(0)).toBe('fixed');
  });

  it('counts and logs values that the normalizer replaces', () => {
    const { normalizer, counters, log } = parts();
    normalizer.context('user', { user_id: Symbol('x') });
    expect(counters.counts(0, {}).replaced).toEqual({ symbol: 1 });
    expect(log.lines).toHaveLength(1);
  });

  it('applies the limits of the options', () => {
    const { normalizer, counters } = parts({ limits: { maxDepth: 1 } });
    normalizer.context('user', { a: { b: { c: { d: 1 } } } });
    expect(counters.counts(0, {}).replaced).toEqual({ 'too-deep': 1 });
  });

  it('counts failures of application code', () => {
    const { failures, counters } = parts();
    failures.report('a', new Error('x'), 'The event is lost.');
    expect(counters.counts(0, {}).failures).toEqual({ a: 1 });
  });

  describe('with an event after the response of its request', () => {
    function emitAfterResponse(afterResponse?: 'keep' | 'mark') {
      const { scopes, counters, log } = parts();
      scopes.afterResponse = afterResponse;
      const open = (store: RequestStore): void => {
        scopes.openRequest(store, (parent) => Object.assign(new Scope(parent), { release: noop, reopen: noop }));
        store.end();
      };
      for (let count = 0; count < 2; count++) runInRequestStore({}, undefined, open, () => scopes.viewToEmit());
      return { uncertain: counters.counts(0, {}).uncertainContexts, lines: log.lines };
    }

    it('counts it, and logs the first one', () => {
      const { uncertain, lines } = emitAfterResponse();
      expect(uncertain).toBe(2);
      expect(lines).toEqual([expect.stringMatching(/whose response has ended.*Fix: tracker\.bind\(callback\)/)]);
    });

    it('only counts it if the application has chosen what such events carry', () => {
      expect(emitAfterResponse('keep')).toEqual({ uncertain: 2, lines: [] });
    });
  });
});

function noop(): void {}
