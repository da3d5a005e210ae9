/**
 * The form of the reference's settings, so that whoever ran it brings EVENT_TRACKING_BACKENDS along as it is. There, Python
 * takes them as it finds them: a text is true, a text is a list of characters, what nobody reads is passed over, and a start
 * tells one fault. Here whatever has no meaning is a fault, and all of them are told at once.
 */
import type { Backends, ProcessorEntry } from '../routing/description';
import { TrackingConfigException, type ConfigFault } from '../common/tracking-config.exception';
import { logTargets, type LogTarget, type LogTargetByName } from './log-target';
import type { SegmentBackendOptions } from '../backends/segment/segment-options';
import { eventBusTo, type EventBusTarget } from './event-bus-engine';
import { isMapping, plainSettings } from './plain-settings';
import { referenceEngines } from './reference-engines';
import { segmentTo } from './segment-target';
import { atEngine, atUnknown, show } from './setting-path';
import type { SettingsEngines } from './settings-engine';
import { SettingsSource } from './settings-source';
import { SettingsTree } from './settings-tree';

/** What stands in the settings, as `TrackingModule.forRoot` takes it. */
export interface TreeFromSettings {
  /** EVENT_TRACKING_ENABLED; true if it is absent. */
  readonly enabled: boolean;
  /** EVENT_TRACKING_PROCESSORS. */
  readonly processors: readonly ProcessorEntry[];
  /** EVENT_TRACKING_BACKENDS. */
  readonly backends: Backends;
}

export interface SettingsOptions {
  /**
   * Where a LoggerBackend of the settings writes: the options of ours, but `level`, or a function that gives them for the name
   * of a logger. Lines have the reference's format unless `format` says otherwise.  @default {}, which is standard output
   */
  readonly logger?: LogTarget | LogTargetByName | undefined;
  /** What a SegmentBackend of the settings is given: its write key, above all.  @default none, and such a backend is a fault */
  readonly segment?: SegmentBackendOptions | undefined;
  /** Where the events of an EventBusRoutingBackend of the settings go.  @default none: then it only receives */
  readonly eventBus?: EventBusTarget | undefined;
}

/**
 * Reads EVENT_TRACKING_BACKENDS, EVENT_TRACKING_PROCESSORS and EVENT_TRACKING_ENABLED, and for backends of the event bus
 * SEND_TRACKING_EVENT_EMITTED_SIGNAL and EVENT_BUS_TRACKING_LOGS; whatever else the settings hold is not looked at.
 * @param settings an object such as `process.env`, or JSON text; each setting may be JSON text as well
 * @param engines what stands for ENGINE names, besides those of the reference and before them
 * @throws TrackingConfigException with everything that is wrong, by its place: `EVENT_TRACKING_BACKENDS.caliper.OPTIONS`
 */
export function backendsFromSettings(
  settings: object | string,
  engines: SettingsEngines = {},
  options: SettingsOptions = {},
): TreeFromSettings {
  const faults: ConfigFault[] = [];
  const source = new SettingsSource(settings, faults);
  const enabled = source.isOn('EVENT_TRACKING_ENABLED', true);
  const eventBus = {
    enabled: source.isOn('SEND_TRACKING_EVENT_EMITTED_SIGNAL', false),
    names: source.texts('EVENT_BUS_TRACKING_LOGS'),
  };
  const ofApplication = enginesOf(engines, faults);
  const { logger, segment, eventBus: target } = optionsOf(options, faults);
  const reference = referenceEngines(
    logTargets(logger, faults),
    segmentTo(segment, faults),
    eventBusTo(target, faults),
  );
  const tree = new SettingsTree([ofApplication, reference], eventBus, faults);
  const processors = tree.processors(source.value('EVENT_TRACKING_PROCESSORS'), 'EVENT_TRACKING_PROCESSORS');
  const given = source.value('EVENT_TRACKING_BACKENDS');
  const backends = tree.backends(given, 'EVENT_TRACKING_BACKENDS');
  if (enabled) source.requireBackends(given);
  if (faults.length > 0) throw TrackingConfigException.create(faults);
  return { enabled, processors, backends };
}

function enginesOf(given: unknown, faults: ConfigFault[]): SettingsEngines {
  const mend = "{ 'my.module.Class': MyBackend, 'my.module.Other': (options) => backend(Other, { ... }) }";
  const before = faults.length;
  const engines = plainSettings(given, 'engines', faults);
  if (faults.length > before) return {};
  if (!isMapping(engines)) {
    faults.push({ path: 'engines', what: `it is ${show(engines)}, not an object of classes and functions.`, mend });
    return {};
  }
  const odd = Object.entries(engines).filter(([, engine]) => typeof engine !== 'function');
  for (const [name, engine] of odd) {
    faults.push({
      path: atEngine(name),
      what: `it is ${show(engine)}, neither a class nor a function.`,
      mend,
    });
  }
  return engines as SettingsEngines;
}

function optionsOf(options: unknown, faults: ConfigFault[]): Readonly<Record<keyof SettingsOptions, unknown>> {
  const mend = "backendsFromSettings(settings, {}, { logger: { path: 'tracking.log' } })";
  if (typeof options !== 'object' || options === null) {
    faults.push({
      path: 'options',
      what: `it is ${show(options)}, not an object with logger, segment and eventBus.`,
      mend,
    });
    return { logger: undefined, segment: undefined, eventBus: undefined };
  }
  const { logger, segment, eventBus, ...others } = options as SettingsOptions;
  for (const name of Object.keys(others)) {
    faults.push({
      path: atUnknown('options', name),
      what: 'the option is unknown; known are logger, segment, eventBus.',
      mend,
    });
  }
  return { logger, segment, eventBus };
}
