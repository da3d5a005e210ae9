import { describeError } from '../event/normal-form';
import type { ConfigError } from '../common/tracking-config.exception';
import { nameDistance } from '../common/nearest-name';
import { AsyncRoutingBackend } from '../queues/async-routing.backend';
import type { BackendClass, BackendDescription, Backends } from '../routing/description';
import { RoutingBackend } from '../routing/routing.backend';
import { isList, isMapping, plainSettings } from './plain-settings';
import { at, show } from './setting-path';

const SETTINGS = [
  'EVENT_TRACKING_BACKENDS',
  'EVENT_TRACKING_PROCESSORS',
  'EVENT_TRACKING_ENABLED',
  'SEND_TRACKING_EVENT_EMITTED_SIGNAL',
  'EVENT_BUS_TRACKING_LOGS',
  'XAPI_EVENTS_ENABLED',
  'CALIPER_EVENTS_ENABLED',
] as const;
type SettingName = (typeof SETTINGS)[number];

/**
 * Accepted values of a switch; upper and lower case of strings is ignored. Environment variables
 * are always strings, and the reference treats every string as true, even "false".
 */
const SWITCHES: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...[true, 1, 'true', 'yes', 'on', '1', 'y', 't'].map((value) => [value, true] as const),
  ...[false, 0, null, 'false', 'no', 'off', '0', 'n', 'f', 'none', 'null'].map((value) => [value, false] as const),
]);

/**
 * Reads single settings. JSON strings are parsed, absent settings are undefined, and unreadable
 * settings are errors.
 */
export class SettingsSource {
  private readonly settings: object;

  constructor(
    settings: unknown,
    private readonly errors: ConfigError[],
  ) {
    this.settings = this.whole(settings);
    this.refuseMisspelled();
  }

  /**
   * Returns a setting as lists and plain objects. An empty string, such as an environment variable
   * set to nothing, counts as absent.
   */
  value(name: string): unknown {
    const given = this.given(name);
    return plainSettings(typeof given === 'string' ? this.parsed(given, name) : given, name, this.errors);
  }

  /** Returns a setting as it was given, for settings that are plain strings or numbers. */
  raw(name: string): unknown {
    return this.given(name);
  }

  /**
   * Returns the value of a switch.
   * @param byDefault value if the setting is absent
   */
  isOn(name: SettingName, byDefault: boolean): boolean {
    const given = this.given(name);
    if (given === undefined) return byDefault;
    const isOn = SWITCHES.get(typeof given === 'string' ? given.trim().toLowerCase() : given);
    if (isOn !== undefined) return isOn;
    const words = [...SWITCHES.keys()].filter((each) => typeof each === 'string');
    const what = `it is ${show(given)}; expected one of ${words.join(', ')}.`;
    this.report(name, what, `"${name}": true, or false`);
    return byDefault;
  }

  texts(name: SettingName): readonly string[] {
    const value = this.value(name) ?? [];
    const fix = `"${name}": ["edx.course.enrollment.activated"]`;
    if (!isList(value)) {
      this.report(name, `it is ${show(value)}; expected a list of names.`, fix);
      return [];
    }
    for (const [index, item] of value.entries()) {
      if (typeof item !== 'string') this.report(at(name, index), `it is ${show(item)}; expected a string.`, fix);
    }
    return value as readonly string[];
  }

  /**
   * Refuses settings that leave no backend: every event would be lost, because of a misspelled
   * name, a missing variable, or nodes without children (docs/decisions/0371).
   * @param given the value of EVENT_TRACKING_BACKENDS
   * @param backends the backends that were made of it
   */
  requireBackends(given: unknown, backends: Backends): void {
    const name = 'EVENT_TRACKING_BACKENDS';
    if (this.errors.some(({ path }) => UNCLEAR.test(path))) return;
    if (Object.values(backends).some(hasReceiver)) return;
    const isEmpty = isAbsent(given) || Object.keys(given as object).length === 0;
    if (!isEmpty && this.errors.length > 0) return; // a backend was left out because of an error
    const what = isAbsent(given)
      ? 'it is not set, or empty, so there is no backend'
      : `${isEmpty ? 'it has no backend' : 'none of its backends is one that receives events'},`;
    this.report(
      name,
      `${what} and every event would be lost.`,
      `${name}={"tracking_logs": {"ENGINE": "eventtracking.backends.logger.LoggerBackend"}}; ` +
        'or, if nothing is to be tracked, EVENT_TRACKING_ENABLED=false',
    );
  }

  /**
   * Unused settings, each with the absent setting from which it differs only by case or by at most
   * two letters.
   */
  private get misspelled(): readonly (readonly [string, SettingName])[] {
    return keysOf(this.settings).flatMap((key) => {
      const meant = SETTINGS.find((name) => isMisspelling(key, name) && isAbsent(this.given(name)));
      return meant === undefined ? [] : [[key, meant] as const];
    });
  }

  private refuseMisspelled(): void {
    for (const [key, meant] of this.misspelled) {
      const what = `it is not set, but ${JSON.stringify(key)} is, which is not a setting.`;
      this.report(meant, what, `did you mean ${meant}? Rename it`);
    }
  }

  private whole(given: unknown): object {
    const before = this.errors.length;
    const settings = typeof given === 'string' ? this.parsed(given, 'settings') : given;
    if (isObject(settings)) {
      this.refuseBareBackends(settings);
      return settings;
    }
    if (this.errors.length === before) {
      const fix = 'backendsFromSettings(process.env), or an object with EVENT_TRACKING_BACKENDS';
      this.report('settings', `it is ${show(settings)}; expected an object of settings by name.`, fix);
    }
    return {};
  }

  /**
   * Refuses backends passed without the name of their setting. They would be read as unknown
   * settings, and nothing would be tracked, without an error.
   */
  private refuseBareBackends(settings: object): void {
    if (!looksLikeBackends(settings)) return;
    const what = 'it contains backends, but no setting that is read here.';
    this.report('settings', what, 'backendsFromSettings({ EVENT_TRACKING_BACKENDS: settings })');
  }

  private given(name: string): unknown {
    try {
      return (this.settings as Partial<Record<string, unknown>>)[name];
    } catch (error) {
      this.report(name, `it cannot be read: ${describeError(error)}.`, 'use a plain object');
      return undefined;
    }
  }

  /**
   * Parses JSON. The error of JSON.parse is not shown, because it quotes the string, which may
   * contain a password.
   */
  private parsed(text: string, path: string): unknown {
    if (text.trim() === '') return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      const [where = ''] = / at position \d+/.exec(describeError(error)) ?? [];
      const fix =
        path === 'settings'
          ? 'pass an object, or the result of JSON.stringify'
          : `have Python print it: print(json.dumps(settings.${path}, default=list))`;
      this.report(path, `it is a string that is not JSON${where}.`, fix);
      return undefined;
    }
  }

  private report(path: string, what: string, fix: string): void {
    this.errors.push({ path, what, fix });
  }
}

function isObject(value: unknown): value is object {
  try {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false; // a revoked proxy
  }
}

/**
 * Paths of errors that leave it open whether there are backends, or whether backends are required.
 */
const UNCLEAR = /^(settings$|EVENT_TRACKING_(BACKENDS|ENABLED))/;

/** False for a node that only passes events on, to no backend. */
function hasReceiver({ type, node: { backends = {} } }: BackendDescription): boolean {
  const passesOn = type === RoutingBackend || type === (AsyncRoutingBackend as BackendClass);
  return !passesOn || Object.values(backends).some(hasReceiver);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

function keysOf(settings: object): string[] {
  try {
    return Object.keys(settings);
  } catch {
    return []; // a proxy that cannot be read: each setting is reported separately
  }
}

const MAX_MISSPELLED_LETTERS = 2;

function isMisspelling(key: string, name: SettingName): boolean {
  if ((SETTINGS as readonly string[]).includes(key)) return false;
  if (Math.abs(key.length - name.length) > MAX_MISSPELLED_LETTERS) return false;
  return nameDistance(key.toUpperCase(), name) <= MAX_MISSPELLED_LETTERS;
}

function looksLikeBackends(settings: object): boolean {
  try {
    if (SETTINGS.some((name) => name in settings)) return false;
    return Object.values(settings).some((value) => isMapping(value) && Object.hasOwn(value, 'ENGINE'));
  } catch {
    return false; // an unreadable value is not an object with an ENGINE
  }
}
