/**
 * Reads settings in the reference's format, so that EVENT_TRACKING_BACKENDS can be kept unchanged.
 * Python accepts settings loosely: any string counts as true, a string is read as a list of
 * characters, unknown keys are ignored, and a start reports only one error. Here, everything
 * without a meaning is an error, and all errors are reported at once.
 */
import type { BackendDescription, Backends, ProcessorEntry } from '../routing/description';
import { unknownOption } from '../common/option-place';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { logTargets, type LogTarget, type LogTargetByName } from './log-target';
import type { SegmentBackendOptions } from '../backends/segment/segment-options';
import { eventBusTo } from './event-bus-engine';
import type { OpenEdxEventBusReader } from './event-bus-settings';
import type { EventBusTarget } from './event-bus-target';
import { EventRouters } from './event-router-engines';
import { isMapping, plainSettings } from './plain-settings';
import { referenceEngines } from './reference-engines';
import { segmentTo } from './segment-target';
import { atEngine, atUnknown, show } from './setting-path';
import type { OpenEdxEngines } from './settings-engine';
import { SettingsSource } from './settings-source';
import { SettingsTree } from './settings-tree';

/** Result of `backendsFromSettings`, in the form that `TrackingModule.forRoot` accepts. */
export interface OpenEdxTree {
  /** Value of EVENT_TRACKING_ENABLED; true if it is absent. */
  readonly enabled: boolean;
  /** Processors from EVENT_TRACKING_PROCESSORS. */
  readonly processors: readonly ProcessorEntry[];
  /** Backends from EVENT_TRACKING_BACKENDS. */
  readonly backends: Backends;
}

export interface OpenEdxSettingsOptions {
  /**
   * Destination of each LoggerBackend in the settings: options of this package's LoggerBackend
   * except `level`, or a function that returns them for the name of a logger. Lines have the
   * reference's format unless `format` is set.
   * @default {}, which is standard output
   */
  readonly logger?: LogTarget | LogTargetByName | undefined;
  /**
   * Options of a SegmentBackend in the settings, in particular its write key.
   * @default none: such a backend is an error
   */
  readonly segment?: SegmentBackendOptions | undefined;
  /**
   * Destination of the events of an EventBusRoutingBackend in the settings; or `redisEventBus` or
   * `kafkaEventBus`, which read it from the settings of Open edX.
   * @default none: it only receives
   */
  readonly eventBus?: EventBusTarget | OpenEdxEventBusReader | undefined;
  /**
   * Backend for the statements of the routers of event-routing-backends: `backend(XapiBackend,
   * { url, rootUrl, auth })`, or a RoutingBackend with several. The processors of the settings run
   * in front of it.
   * @default none: a router for xAPI is an error, unless XAPI_EVENTS_ENABLED is off
   */
  readonly xapi?: BackendDescription | undefined;
  /**
   * Backend for the Caliper events of the routers of event-routing-backends:
   * `backend(CaliperBackend, { url, rootUrl, auth })`. Its `sensor` is the one of the settings,
   * unless it has its own.
   * @default none: a router for Caliper is an error, unless CALIPER_EVENTS_ENABLED is off
   */
  readonly caliper?: BackendDescription | undefined;
}

const OPTIONS = ['logger', 'segment', 'eventBus', 'xapi', 'caliper'] as const;

/**
 * Reads EVENT_TRACKING_BACKENDS, EVENT_TRACKING_PROCESSORS and EVENT_TRACKING_ENABLED, and for
 * event bus backends also SEND_TRACKING_EVENT_EMITTED_SIGNAL and EVENT_BUS_TRACKING_LOGS. A reader
 * in `eventBus` reads the settings of its bus too. Ignores all other settings.
 * @param settings an object such as `process.env`, or a JSON string; each setting may be a JSON
 *   string as well
 * @param engines implementations by ENGINE name; they take precedence over the built-in engines of
 *   the reference
 * @throws TrackingConfigException listing every error with its path:
 *   `EVENT_TRACKING_BACKENDS.caliper.OPTIONS`
 */
export function backendsFromSettings(
  settings: object | string,
  engines: OpenEdxEngines = {},
  options: OpenEdxSettingsOptions = {},
): OpenEdxTree {
  const errors: ConfigError[] = [];
  const source = new SettingsSource(settings, errors);
  const enabled = source.isOn('EVENT_TRACKING_ENABLED', true);
  const eventBus = {
    enabled: source.isOn('SEND_TRACKING_EVENT_EMITTED_SIGNAL', false),
    names: source.texts('EVENT_BUS_TRACKING_LOGS'),
  };
  const ofApplication = enginesOf(engines, errors);
  const { logger, segment, eventBus: target, xapi, caliper } = optionsOf(options, errors);
  const routers = new EventRouters({ xapi, caliper }, source, errors);
  const reference = referenceEngines(
    logTargets(logger, errors),
    segmentTo(segment, errors),
    eventBusTo(target, source, errors),
  );
  const tree = new SettingsTree([ofApplication, reference, routers.engines], eventBus, errors);
  const processors = tree.processors(source.value('EVENT_TRACKING_PROCESSORS'), 'EVENT_TRACKING_PROCESSORS');
  const given = source.value('EVENT_TRACKING_BACKENDS');
  const backends = tree.backends(given, 'EVENT_TRACKING_BACKENDS');
  if (enabled) source.requireBackends(given, backends);
  routers.reportOthers();
  if (errors.length > 0) throw TrackingConfigException.create(errors);
  return { enabled, processors, backends };
}

function enginesOf(given: unknown, errors: ConfigError[]): OpenEdxEngines {
  const fix = "{ 'my.module.Class': MyBackend, 'my.module.Other': (options) => backend(Other, { ... }) }";
  const before = errors.length;
  const engines = plainSettings(given, 'engines', errors);
  if (errors.length > before) return {};
  if (!isMapping(engines)) {
    errors.push({ path: 'engines', what: `it is ${show(engines)}; expected an object of classes and functions.`, fix });
    return {};
  }
  const odd = Object.entries(engines).filter(([, engine]) => typeof engine !== 'function');
  for (const [name, engine] of odd) {
    errors.push({
      path: atEngine(name),
      what: `it is ${show(engine)}; expected a class or a function.`,
      fix,
    });
  }
  return engines as OpenEdxEngines;
}

function optionsOf(
  options: unknown,
  errors: ConfigError[],
): Readonly<Partial<Record<keyof OpenEdxSettingsOptions, unknown>>> {
  const fix = "backendsFromSettings(settings, {}, { logger: { path: 'tracking.log' } })";
  if (typeof options !== 'object' || options === null) {
    const what = `it is ${show(options)}; expected an object with ${OPTIONS.join(', ')}.`;
    errors.push({ path: 'options', what, fix });
    return {};
  }
  for (const name of Object.keys(options)) {
    if ((OPTIONS as readonly string[]).includes(name)) continue;
    errors.push({ path: atUnknown('options', name), what: unknownOption(name, OPTIONS), fix });
  }
  return options;
}
