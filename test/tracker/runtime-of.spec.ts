import { inspect } from 'node:util';
import { findRuntime, runtimeOf } from '../../src/tracker/runtime-of';
import { TrackerRuntime } from '../../src/tracker/tracker-runtime';
import { TrackerService } from '../../src/tracker/tracker.service';
import { LogLines, runtimeOptions } from './bare-runtime';

const options = runtimeOptions(new LogLines().notices);

/** Collects what public properties of an object lead to. */
function reachable(from: unknown, seen = new Set<unknown>()): Set<unknown> {
  if (typeof from !== 'object' || from === null || seen.has(from)) return seen;
  seen.add(from);
  for (const value of Object.values(from)) reachable(value, seen);
  return seen;
}

describe('runtimeOf', () => {
  it('returns the runtime of a tracker', () => {
    const tracker = new TrackerService(options);
    expect(runtimeOf(tracker)).toBeInstanceOf(TrackerRuntime);
    expect(findRuntime(tracker)).toBe(runtimeOf(tracker));
  });

  it('returns the runtime of a proxy around a tracker, so that emit works there', () => {
    const tracker = new TrackerService(options);
    const proxy = new Proxy(tracker, {});
    expect(runtimeOf(proxy)).toBe(runtimeOf(tracker));
    proxy.emit('a');
    expect(tracker.ledger.tracker().emitted).toBe(1);
  });

  it('is the only way from a tracker to its runtime', () => {
    const tracker = new TrackerService(options);
    expect(Object.keys(tracker)).toEqual(['name', 'ledger', 'deadLetters', 'violations', 'catalog']);
    expect([...reachable(tracker)].filter((value) => value instanceof TrackerRuntime)).toEqual([]);
    expect(inspect(tracker, { depth: Infinity })).not.toContain('TrackerRuntime');
  });
});

describe('findRuntime', () => {
  it('returns undefined for a stub', () => {
    expect(findRuntime({ emit: () => undefined })).toBeUndefined();
  });
});
