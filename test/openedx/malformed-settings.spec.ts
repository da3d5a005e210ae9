import fc from 'fast-check';
import { TrackingConfigException } from '../../src/entries';
import { backendsFromSettings, type OpenEdxTree } from '../../src/openedx/backends-from-settings';
import { startTracking } from '../support/start-tracking';
import { LOGGER, REGEX, ROUTING, WHITELIST } from './support';

/** A class of the application, which takes any options. */
class Recent {
  send(): void {}
}
const engines = { 'acme.Recent': Recent };
const TOLD =
  /^(settings|engines|options|EVENT_TRACKING_(BACKENDS|PROCESSORS|ENABLED)|SEND_TRACKING_EVENT_EMITTED_SIGNAL|EVENT_BUS_TRACKING_LOGS)/;

/**
 * What comes of settings: a tree, or the places of the faults. Whatever else is thrown fails the
 * test.
 */
function outcome(settings: unknown): OpenEdxTree | string[] {
  try {
    return backendsFromSettings(settings as object, engines);
  } catch (error) {
    if (!(error instanceof TrackingConfigException)) throw error;
    expect(error.errors.length).toBeGreaterThan(0);
    for (const { path, what, fix } of error.errors) {
      expect(path).toMatch(TOLD);
      expect(Math.min(what.length, fix.length)).toBeGreaterThan(3);
      expect(path.length + what.length + fix.length).toBeLessThan(20_000);
    }
    return error.errors.map(({ path }) => path);
  }
}

const names = ['edx.course.enrollment.activated', 'edx.course.enrollment.deactivated'];

/** Well-formed, with something of everything. Made anew each time, since it is damaged. */
const wellFormed = (): Tree => ({
  EVENT_TRACKING_ENABLED: 'true',
  SEND_TRACKING_EVENT_EMITTED_SIGNAL: false,
  EVENT_BUS_TRACKING_LOGS: [...names],
  EVENT_TRACKING_PROCESSORS: [{ ENGINE: WHITELIST, OPTIONS: { whitelist: [...names] } }],
  EVENT_TRACKING_BACKENDS: {
    tracking_logs: {
      ENGINE: ROUTING,
      OPTIONS: {
        processors: [{ ENGINE: REGEX, OPTIONS: { filter_type: 'allowlist', regular_expressions: ['edx\\.', 'a'] } }],
        backends: { logger: { ENGINE: LOGGER, OPTIONS: { name: 'tracking', level: 'info', max_event_size: 50_000 } } },
      },
    },
    recent: { ENGINE: 'acme.Recent', OPTIONS: { maxEvents: 10 } },
  },
});

type Tree = Record<string, unknown>;
type Step = string | number;

/**
 * Every place of the tree, the outer ones first; not those in the options of a class of the
 * application, which takes what it likes.
 */
function placesOf(value: unknown, steps: readonly Step[] = []): Step[][] {
  if (typeof value !== 'object' || value === null || steps.join('.') === 'EVENT_TRACKING_BACKENDS.recent.OPTIONS')
    return [];
  const items: [Step, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return items.flatMap(([key, item]) => [[...steps, key], ...placesOf(item, [...steps, key])]);
}
const places = placesOf(wellFormed());

const written = (steps: readonly Step[]): string =>
  steps
    .map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`))
    .join('')
    .slice(1);

function put(tree: Tree, steps: readonly Step[], damage: (holder: Tree, key: Step) => void): void {
  try {
    damage(steps.slice(0, -1).reduce<unknown>((at, step) => (at as Tree)[step], tree) as Tree, steps.at(-1) ?? '');
  } catch {
    // The place stood inside of one that is damaged already.
  }
}

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  stringUnit: 'grapheme',
});

/** What no JSON holds, or what cannot even be touched. */
const odd: readonly (() => unknown)[] = [
  () => Symbol('odd'),
  () => () => 1,
  () => class {},
  () => 10n,
  () => NaN,
  () => ({
    get ENGINE(): string {
      throw new Error('odd');
    },
  }),
  () => revoked({}),
  () => revoked(() => 1),
  () => revoked([]),
  () => {
    const itself: unknown[] = [];
    itself.push(itself);
    return itself;
  },
  () => ({ ENGINE: ROUTING, OPTIONS: { backends: { constructor: { ENGINE: '__proto__' } } } }),
  () => [{ ENGINE: {} }],
  () => new Map([['ENGINE', LOGGER]]),
  () => null,
  () => '',
  () => -1,
];
const untouchable = fc.constantFrom(...odd);

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const damage = fc.record({
  place: fc.nat(places.length - 1),
  how: fc.oneof(
    anything.map((value) => (holder: Tree, key: Step) => void (holder[key] = value)),
    untouchable.map((make) => (holder: Tree, key: Step) => void (holder[key] = make())),
    fc.constant((holder: Tree, key: Step) => void Reflect.deleteProperty(holder, key)),
    fc.string().map((name) => (holder: Tree, key: Step) => {
      holder[name] = holder[key];
      Reflect.deleteProperty(holder, key);
    }),
    fc.constant((holder: Tree, key: Step) => void (holder[key] = `"${String(key)}"`)),
  ),
});

describe('Malformed settings', () => {
  it('are none as long as nothing is damaged', () => {
    expect(outcome(wellFormed())).toMatchObject({ enabled: true, backends: { tracking_logs: {}, recent: {} } });
    expect(places.length).toBeGreaterThan(25);
  });

  it('of any kind throw nothing but a TrackingConfigException, whose faults have a place, a reason and a fix', () => {
    fc.assert(
      fc.property(anything, (settings) => void outcome(settings)),
      { numRuns: 300 },
    );
    const name = fc.constantFrom(...Object.keys(wellFormed()));
    // Made late: fast-check itself looks into what it generates.
    const value = fc.oneof(
      anything.map((given) => () => given),
      untouchable,
    );
    fc.assert(
      fc.property(name, value, (setting, make) => void outcome({ [setting]: make() })),
      { numRuns: 300 },
    );
  });

  it('with one odd value at any place do so too', () => {
    for (const steps of places) {
      for (const make of odd) {
        const settings = wellFormed();
        put(settings, steps, (holder, key) => void (holder[key] = make()));
        outcome(settings);
      }
    }
  });

  it('that were well-formed before do so too, and what still passes starts', async () => {
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        const settings = wellFormed();
        for (const { place, how } of damages) put(settings, places[place] ?? [], how);
        const read = outcome(settings);
        if (Array.isArray(read)) return;
        passed++;
        const { app } = await startTracking(read);
        await app.close();
      }),
      { numRuns: 300 },
    );
    expect(passed).toBeGreaterThan(0);
  }, 60_000);

  it('as text do so too, cut off or with a character changed anywhere', () => {
    const text = JSON.stringify(wellFormed());
    const changed = fc
      .tuple(fc.nat(text.length - 1), fc.string({ unit: 'binary', maxLength: 2 }))
      .map(([at, put]) => text.slice(0, at) + put + text.slice(at + 1));
    const cut = fc.nat(text.length - 1).map((at) => text.slice(0, at));
    fc.assert(
      fc.property(fc.oneof(changed, cut), (settings) => void outcome(settings)),
      { numRuns: 300 },
    );
  });

  it('tell every damaged place, however many there are', () => {
    const isIn = (steps: readonly Step[], outer: readonly Step[]): boolean =>
      steps.length > outer.length && outer.every((step, at) => steps[at] === step);
    /**
     * Options of a node are read by its engine: if that is gone, only what stands inside the node
     * is still looked at.
     */
    const isUnread = (steps: readonly Step[], engine: readonly Step[]): boolean =>
      engine.at(-1) === 'ENGINE' &&
      isIn(steps, [...engine.slice(0, -1), 'OPTIONS']) &&
      !['processors', 'backends'].includes(String(steps[engine.length]));
    const apart = fc
      .uniqueArray(fc.constantFrom(...places), { minLength: 1, maxLength: 6 })
      .map((chosen) => chosen.filter((steps) => !chosen.some((other) => isIn(steps, other) || isUnread(steps, other))));
    fc.assert(
      fc.property(apart, (chosen) => {
        const settings = wellFormed();
        for (const steps of chosen) put(settings, steps, (holder, key) => void (holder[key] = Symbol('odd')));
        expect(outcome(settings)).toEqual(expect.arrayContaining(chosen.map(written)));
      }),
      { numRuns: 250 },
    );
  });
});
