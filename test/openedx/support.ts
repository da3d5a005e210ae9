import { TrackingConfigException, type ConfigError } from '../../src/entries';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';

export const LOGGER = 'eventtracking.backends.logger.LoggerBackend';
export const ROUTING = 'eventtracking.backends.routing.RoutingBackend';
export const REGEX = 'eventtracking.processors.regex_filter.RegexFilter';
export const WHITELIST = 'eventtracking.processors.whitelist.NameWhitelistProcessor';
export const ASYNC = 'eventtracking.backends.async_routing.AsyncRoutingBackend';
export const EVENT_BUS = 'eventtracking.backends.event_bus.EventBusRoutingBackend';
/** What the reference's documentation calls it. */
export const EVENT_BUS_IN_DOCUMENTATION = 'eventtracking.backends.event_bus.EventBusBackend';

/** Everything that is wrong, in the order in which it is told; fails if nothing is. */
export function errorsOf(...given: Parameters<typeof backendsFromSettings>): readonly ConfigError[] {
  try {
    backendsFromSettings(...given);
  } catch (error) {
    expect(error).toBeInstanceOf(TrackingConfigException);
    return (error as TrackingConfigException).errors;
  }
  throw new Error('nothing was found to be wrong');
}

export function pathsOf(...given: Parameters<typeof backendsFromSettings>): string[] {
  return errorsOf(...given).map(({ path }) => path);
}

/** Settings with these backends. */
export const withBackends = (backends: unknown): object => ({ EVENT_TRACKING_BACKENDS: backends });

/**
 * The reference documents its asynchronous node and its event bus node by examples that are alike
 * but for these two.
 */
export const documentedExample = (name: string, engine: string): object => ({
  EVENT_TRACKING_BACKENDS: {
    [name]: {
      ENGINE: engine,
      OPTIONS: {
        backend_name: name,
        processors: [
          {
            ENGINE: REGEX,
            OPTIONS: {
              filter_type: 'allowlist',
              regular_expressions: ['edx.course.enrollment.activated', 'edx.course.enrollment.deactivated'],
            },
          },
        ],
        backends: { [name]: { ENGINE: 'dummy.backend.engine', OPTIONS: {} } },
      },
    },
    tracking_logs: { ENGINE: LOGGER, OPTIONS: {} },
  },
});
