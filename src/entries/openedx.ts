/** Settings, processors and logs of Open edX: `nestjs-event-tracking/openedx`. */

export { backendsFromSettings } from '../openedx/backends-from-settings';
export type { OpenEdxSettingsOptions, OpenEdxTree } from '../openedx/backends-from-settings';
export type { OpenEdxEventBusReader } from '../openedx/event-bus-settings';
export type { EventBusTarget } from '../openedx/event-bus-target';
export { GoogleAnalyticsProcessor } from '../openedx/processors/google-analytics.processor';
export { LegacyFieldMappingProcessor } from '../openedx/processors/legacy-field-mapping.processor';
export { PrefixedEventProcessor } from '../openedx/processors/prefixed-event.processor';
export type { LogTarget, LogTargetByName } from '../openedx/log-target';
export type {
  DescribeOpenEdxNode,
  OpenEdxOptions,
  OpenEdxEventBus,
  OpenEdxEngine,
  OpenEdxEngines,
  OpenEdxNode,
} from '../openedx/settings-engine';
export { importEvents } from '../cli/import/import-events';
export type { ImportResult } from '../cli/import/import-events';
export type { ImportOptions, ImportProgress } from '../cli/import/import-options';
export type { ImportFilter, SkipReason } from '../cli/import/import-filter';
