import { checkLoggerOptions, type LoggerBackendOptions } from '../backends/logger/logger-options';
import { describeError } from '../event/normal-form';
import { TrackingConfigException, type ConfigFault } from '../common/tracking-config.exception';
import { show } from './setting-path';

/**
 * Where the lines of a LoggerBackend of the settings go, since there is no Python logger here. Its `format` is 'reference'
 * unless it says otherwise, and its `maxEventBytes` holds where the settings have no `max_event_size`.
 */
export type LogTarget = Omit<LoggerBackendOptions, 'level'>;

/** Gives the target of the logger of that name; the reference's root logger has the name ''. */
export type LogTargetByName = (name: string) => LogTarget;

const PLACE = 'options.logger';
const EXAMPLE = "backendsFromSettings(settings, {}, { logger: { path: 'tracking.log' } })";

/** One target for all loggers is judged at once; those by name are when they are asked for. */
export function logTargets(given: unknown, faults: ConfigFault[]): LogTargetByName {
  if (typeof given === 'function') {
    return (name) => {
      const target: unknown = (given as LogTargetByName)(name);
      const found = targetFaults(target);
      if (found.length > 0) throw TrackingConfigException.create(found);
      return target as LogTarget;
    };
  }
  const target = given ?? {};
  const found = targetFaults(target);
  faults.push(...found);
  return () => (found.length > 0 ? {} : target);
}

function targetFaults(target: unknown): readonly ConfigFault[] {
  if (typeof target !== 'object' || target === null) {
    return [{ path: PLACE, what: `it is ${show(target)}, not the options of a LoggerBackend.`, mend: EXAMPLE }];
  }
  try {
    if ('level' in target) {
      const what = 'it has a level, but that is given to each logger by the settings.';
      return [{ path: PLACE, what, mend: 'leave it out here' }];
    }
    checkLoggerOptions(target);
    return [];
  } catch (error) {
    if (error instanceof TrackingConfigException) return error.faults.map((fault) => ({ ...fault, path: PLACE }));
    return [{ path: PLACE, what: `it cannot be read: ${describeError(error)}.`, mend: EXAMPLE }];
  }
}
