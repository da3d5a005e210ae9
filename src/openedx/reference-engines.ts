/**
 * Engines for the reference's names. The reference's option names are translated here and nowhere
 * else.
 */
import { LoggerBackend } from '../backends/logger/logger.backend';
import type { LoggerLevel } from '../backends/logger/logger-options';
import { NameAllowlist } from '../processors/name-allowlist';
import { RegexFilter } from '../processors/regex-filter';
import { backend, processor } from '../routing/description';
import { RoutingBackend } from '../routing/routing.backend';
import { TrackingConfigException } from '../common/tracking-config.exception';
import type { LogTargetByName } from './log-target';
import { asyncRouting } from './async-routing-engine';
import { OptionReader } from './option-reader';
import { GoogleAnalyticsProcessor } from './processors/google-analytics.processor';
import { LegacyFieldMappingProcessor } from './processors/legacy-field-mapping.processor';
import { PrefixedEventProcessor } from './processors/prefixed-event.processor';
import { at } from './setting-path';
import type { DescribeOpenEdxNode, OpenEdxEngines } from './settings-engine';

/**
 * Returns the built-in engines. An engine that needs a peer package is not included, because the
 * root entry point would then need that package too. The package's entry point exports the engine
 * instead, and the application passes it in, where it takes precedence over the placeholder
 * (`standsIn`).
 */
export function referenceEngines(
  logTarget: LogTargetByName,
  segment: DescribeOpenEdxNode,
  eventBus: DescribeOpenEdxNode,
): OpenEdxEngines {
  return {
    'eventtracking.backends.routing.RoutingBackend': routing,
    'eventtracking.backends.logger.LoggerBackend': loggerTo(logTarget),
    'eventtracking.processors.regex_filter.RegexFilter': regexFilter,
    'eventtracking.processors.whitelist.NameWhitelistProcessor': nameWhitelist,
    'eventtracking.backends.mongodb.MongoBackend': standsIn('nestjs-event-tracking/mongoose', 'mongooseEngines'),
    'eventtracking.backends.segment.SegmentBackend': segment,
    'eventtracking.backends.async_routing.AsyncRoutingBackend': asyncRouting(),
    'eventtracking.backends.event_bus.EventBusRoutingBackend': eventBus,
    // Name in the reference's documentation. The class itself has the name above.
    'eventtracking.backends.event_bus.EventBusBackend': eventBus,
    ...platformEngines(),
  };
}

/**
 * Processors of the platform itself. Its code is found under two paths, and settings have either.
 */
function platformEngines(): OpenEdxEngines {
  const processors = { LegacyFieldMappingProcessor, PrefixedEventProcessor, GoogleAnalyticsProcessor };
  const engines = Object.entries(processors).flatMap(([name, type]) => {
    const describe: DescribeOpenEdxNode = (options, node) => {
      new OptionReader(options, node).done();
      return processor(type);
    };
    return ['track.shim', 'common.djangoapps.track.shim'].map((path) => [`${path}.${name}`, describe] as const);
  });
  return Object.fromEntries(engines);
}

const routing: DescribeOpenEdxNode = (options, node) => {
  new OptionReader(options, node).done();
  return backend(RoutingBackend, {});
};

/** Python's log levels, mapped to the names of methods. */
const LEVELS: Readonly<Record<string, LoggerLevel>> = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  critical: 'fatal',
  fatal: 'fatal',
};

function loggerTo(logTarget: LogTargetByName): DescribeOpenEdxNode {
  return (options, node) => {
    const read = new OptionReader(options, node);
    const name = read.text('name') ?? '';
    const size = read.size('max_event_size');
    const level = read.oneOf('level', LEVELS, (text) => text.toLowerCase());
    read.done();
    const { maxEventBytes = null, ...target } = logTarget(name);
    const hasLevels = target.pino !== undefined || target.logger !== undefined;
    return backend(LoggerBackend, {
      format: 'reference',
      ...target,
      maxEventBytes: (size === undefined ? maxEventBytes : size) ?? undefined,
      ...(hasLevels && { level }), // a file has no levels, and contains a line for every event
    });
  };
}

const FILTER_TYPES = { allowlist: 'allowlist', blocklist: 'blocklist' } as const;

const regexFilter: DescribeOpenEdxNode = (options, node) => {
  const read = new OptionReader(options, node);
  const filterType = read.oneOf<'allowlist' | 'blocklist'>('filter_type', FILTER_TYPES);
  const example = String.raw`"regular_expressions": ["^edx\\.course\\.enrollment\\."]`;
  const regularExpressions = read.texts('regular_expressions', example, objectionsToPattern);
  read.done();
  // As in the reference, a filter without expressions has an empty list.
  return processor(RegexFilter, { filterType, regularExpressions: regularExpressions ?? [] });
};

function objectionsToPattern(expression: string): TrackingConfigException['errors'] {
  try {
    new RegexFilter({ regularExpressions: [expression] });
    return [];
  } catch (error) {
    if (error instanceof TrackingConfigException) return error.errors;
    throw error;
  }
}

const nameWhitelist: DescribeOpenEdxNode = (options, node) => {
  const read = new OptionReader(options, node);
  const example = '"whitelist": ["problem_check", "play_video"]';
  const names = read.texts('whitelist', example);
  if (names === undefined && (options['whitelist'] ?? null) === null) {
    read.refuse('whitelist', 'it is missing; expected a list of strings.', example);
  }
  read.done();
  return processor(NameAllowlist, { names: names ?? [] });
};

/** Creates a placeholder for an engine that must be imported from its own entry point. */
function standsIn(entry: string, engines: string): DescribeOpenEdxNode {
  return (_options, { path, engine }) => {
    const what = `${engine} comes with ${entry}, whose engines were not passed in.`;
    const fix = `import { ${engines} } from '${entry}'; backendsFromSettings(settings, ${engines})`;
    throw TrackingConfigException.create([{ path: at(path, 'ENGINE'), what, fix }]);
  };
}
