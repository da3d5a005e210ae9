import { MemoryBackend } from '../backends/memory/memory.backend';
import { TrackingLedger } from '../ledger/tracking-ledger';
import { showInFull, showValue } from '../common/tracking-config.exception';
import { TrackerService } from '../tracker/tracker.service';
import { tracked, trackedInOrder, trackedOnly, trackedTimes, type Verdict } from './event-assertion';
import { countEvents, type ListedEvent } from './event-list';
import { isNamePattern, showName, toPattern, type EventPattern, type NamePattern } from './event-pattern';
import { lossesOf } from '../ledger/losses';
import { Voice, type MatcherContext, type MatcherResult } from './matcher-context';
import { isApplication, showSource, TrackedEvents, trackerOf } from './tracked-events';

/**
 * Matchers that `expect.extend(matchers)` adds to `expect(…)`. `expect` accepts the result of
 * `events(app)` or any source that `events` accepts.
 */
export interface TrackingMatchers<R = void> {
  /**
   * Expects that an event with this name was tracked.
   * @param data partial data; may contain asymmetric matchers, and undefined means an absent field
   * @param context partial context, with the same rules
   */
  toHaveTracked(name: NamePattern, data?: object, context?: object): R;
  /** Expects that exactly one event was tracked and that it matches. */
  toHaveTrackedOnly(name: NamePattern, data?: object, context?: object): R;
  /** Expects that these events and no others were tracked, in any order. */
  toHaveTrackedOnly(events: readonly (NamePattern | EventPattern)[]): R;
  /**
   * Expects this number of events with this name, partial data and partial context. Events with
   * other names are ignored.
   */
  toHaveTrackedTimes(name: NamePattern, times: number, data?: object, context?: object): R;
  /** Expects that these events were tracked in this order. Other events may occur between them. */
  toHaveTrackedInOrder(events: readonly (NamePattern | EventPattern)[]): R;
  /**
   * Expects that no node lost an event. Configured drops, for example by a filter, are not losses.
   */
  toHaveDroppedNothing(): R;
}

/** Matchers for `expect.extend` of Jest and Vitest. */
export const matchers = {
  toHaveTracked(
    this: MatcherContext,
    received: unknown,
    name: NamePattern,
    data?: object,
    context?: object,
  ): MatcherResult {
    const call = new MatcherCall(this, 'toHaveTracked', [showGiven(name), ...shown(data, context)]);
    const wanted = { name: call.name(name), data, context };
    return call.judge(received, (events) => tracked(events, wanted, call.voice), { isFinal: true });
  },

  toHaveTrackedOnly(
    this: MatcherContext,
    received: unknown,
    wanted: NamePattern | readonly (NamePattern | EventPattern)[],
    data?: object,
    context?: object,
  ): MatcherResult {
    const call = new MatcherCall(this, 'toHaveTrackedOnly', [showGiven(wanted), ...shown(data, context)]);
    const patterns = isList(wanted) ? call.patterns(wanted) : [{ name: call.name(wanted), data, context }];
    return call.judge(received, (events) => trackedOnly(events, patterns, call.voice));
  },

  toHaveTrackedTimes(
    this: MatcherContext,
    received: unknown,
    name: NamePattern,
    times: number,
    data?: object,
    context?: object,
  ): MatcherResult {
    const call = new MatcherCall(this, 'toHaveTrackedTimes', [showGiven(name), String(times), ...shown(data, context)]);
    const wanted = { name: call.name(name), data, context };
    const count = call.count(times);
    return call.judge(received, (events) => trackedTimes(events, wanted, count, call.voice));
  },

  toHaveTrackedInOrder(
    this: MatcherContext,
    received: unknown,
    wanted: readonly (NamePattern | EventPattern)[],
  ): MatcherResult {
    const call = new MatcherCall(this, 'toHaveTrackedInOrder', [showGiven(wanted)]);
    const patterns = call.patterns(wanted);
    return call.judge(received, (events) => trackedInOrder(events, patterns, call.voice), { isFinal: true });
  },

  toHaveDroppedNothing(this: MatcherContext, received: unknown): MatcherResult {
    const call = new MatcherCall(this, 'toHaveDroppedNothing', []);
    const losses = lossesOf(call.ledger(received));
    const lost = losses.reduce((sum, { count }) => sum + count, 0);
    const lines = losses.map(({ node, reason, count }) => `  ${node}: ${String(count)} ${reason}`);
    return call.result(losses.length === 0, () =>
      lost === 0
        ? 'Expected a loss, but the ledger has none.'
        : `Expected no loss, but the ledger has ${countEvents(lost)}:\n${lines.join('\n')}`,
    );
  },
};

/** One call of a matcher: reads its arguments and rejects invalid ones. */
class MatcherCall {
  readonly voice: Voice;
  private readonly hint: string;

  constructor(context: MatcherContext, matcher: string, given: readonly string[]) {
    this.voice = new Voice(context);
    this.hint = this.voice.hint(matcher, given);
  }

  /** Rejects undefined, for example from a misspelt constant, which would match every event. */
  name(name: unknown): NamePattern {
    if (isNamePattern(name)) return name;
    throw this.misuse(`the name is ${showValue(name)}`, "pass 'problem_check', or an expression such as /^problem_/");
  }

  patterns(wanted: unknown): EventPattern[] {
    if (!isList(wanted))
      throw this.misuse(`the list of events is ${showInFull(wanted)}`, "['play_video', 'stop_video']");
    return wanted.map((pattern) => {
      if (isNamePattern(pattern)) return toPattern(pattern);
      const { name, data, context } = (pattern ?? {}) as EventPattern;
      if (name === undefined && data === undefined && context === undefined)
        throw this.misuse(
          `the list contains ${showInFull(pattern)}`,
          "names, or { name: 'play_video', data: { code: 'a' } }",
        );
      return { name: name === undefined ? undefined : this.name(name), data, context };
    });
  }

  count(times: unknown): number {
    if (Number.isInteger(times) && Number(times) >= 0) return Number(times);
    throw this.misuse(`the number of events is ${showInFull(times)}`, 'pass a whole number of at least 0');
  }

  /**
   * @param options.isFinal true if evicted events cannot invalidate an expectation that holds
   */
  judge(
    received: unknown,
    verdictOn: (events: readonly ListedEvent[]) => Verdict,
    { isFinal = false }: { readonly isFinal?: boolean } = {},
  ): MatcherResult {
    const { events, isOff, evicted } = this.events(received);
    const { holds, failure } = verdictOn(events);
    if (evicted > 0 && !(holds && isFinal)) return this.tooMany(evicted);
    const off = isOff ? 'Tracking is switched off (enabled: false), so nothing is tracked.\n' : '';
    return this.result(holds, () => `${off}${failure()}`);
  }

  result(pass: boolean, failure: () => string): MatcherResult {
    return { pass, message: () => `${this.hint}\n\n${failure()}` };
  }

  ledger(received: unknown): TrackingLedger {
    if (received instanceof TrackingLedger) return received;
    if (received instanceof TrackerService) return received.ledger;
    if (received instanceof TrackedEvents && received.ledger !== undefined) return received.ledger;
    if (isApplication(received)) return trackerOf(received).ledger;
    throw this.misuse(
      `expect was called with ${showSource(received)}, which has no ledger`,
      'use expect(app) or expect(tracker)',
    );
  }

  private events(received: unknown): Pick<TrackedEvents, 'isOff' | 'evicted'> & { readonly events: ListedEvent[] } {
    if (isList(received)) {
      const odd = received.findIndex(
        (event) => typeof (event as Partial<ListedEvent> | null | undefined)?.name !== 'string',
      );
      if (odd >= 0)
        throw this.misuse(`the list passed to expect contains ${showValue(received[odd])}`, 'expect(events(app))');
      return { events: received as ListedEvent[], isOff: false, evicted: 0 };
    }
    const isSource =
      received instanceof TrackedEvents || received instanceof TrackerService || received instanceof MemoryBackend;
    if (!isSource && !isApplication(received))
      throw this.misuse(`expect was called with ${showSource(received)}`, 'use expect(app) or expect(events(app))');
    const all = TrackedEvents.of(received);
    return { events: all.all(), isOff: all.isOff, evicted: all.evicted };
  }

  /** Fails, even with `not`: any statement about evicted events may be wrong. */
  private tooMany(evicted: number): MatcherResult {
    return this.result(
      this.voice.isNot,
      () =>
        `${countEvents(evicted)} ${evicted === 1 ? 'was' : 'were'} evicted by newer ones, so the result is unknown.\n` +
        'Fix: raise maxEvents in backend(MemoryBackend, { maxEvents }), or call clear() between the parts of the test.',
    );
  }

  private misuse(what: string, fix: string): TypeError {
    return new TypeError(`${this.hint}\n\n${what}. Fix: ${fix}`);
  }
}

function showGiven(wanted: unknown): string {
  return isNamePattern(wanted) ? showName(wanted) : showInFull(wanted);
}

/** Abbreviates data and context in the line of the call; the failure message shows them. */
function shown(data: object | undefined, context: object | undefined): string[] {
  if (context !== undefined) return [data === undefined ? 'undefined' : 'data', 'context'];
  return data === undefined ? [] : ['data'];
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
