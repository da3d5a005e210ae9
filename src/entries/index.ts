export { TrackingModule } from '../module/tracking.module';
export type {
  TrackingFactoryResult,
  TrackingModuleAsyncOptions,
  TrackingModuleOptions,
  TrackingTreeOptions,
} from '../module/tracking.module';
export type { TrackingRuntimeOptions } from '../module/settings';

export { currentTracker, TrackerService } from '../tracker/tracker.service';
export type { ConfirmedEvent, ConfirmOptions } from '../tracker/tracker.service';
export { TrackEvent } from '../tracker/track-event.decorator';
export type { TrackEventDecorator, TrackEventOptions, TrackOutcome } from '../tracker/track-event.decorator';
export { TrackingContext } from '../tracker/tracking-context.decorator';
export type { ContextOf, TrackedCall, TrackingContextOptions } from '../tracker/tracking-context.decorator';
export { OnTrackingEvent } from '../tracker/on-tracking-event.decorator';
export { createTrackingWorker } from '../module/create-tracking-worker';
export type { TrackingRole } from '../module/settings';
export { getTrackerToken, InjectTracker } from '../tracker/tokens';
export { NotConfirmedException } from '../tracker/not-confirmed.exception';

export { backendsFromSettings } from '../openedx/backends-from-settings';
export type { SettingsOptions, TreeFromSettings } from '../openedx/backends-from-settings';
export type { EventBusTarget } from '../openedx/event-bus-engine';
export type { LogTarget, LogTargetByName } from '../openedx/log-target';
export type {
  DescribeEngine,
  EngineOptions,
  EventBusSettings,
  SettingsEngine,
  SettingsEngines,
  SettingsNode,
} from '../openedx/settings-engine';

export { AsyncRoutingBackend } from '../backends/async-routing/async-routing.backend';
export type { AsyncRoutingBackendOptions, QueueDescription } from '../backends/async-routing/async-routing-options';
export { EventBusBackend } from '../transports/bus/event-bus.backend';
export type { EventBusBackendOptions } from '../transports/bus/event-bus-options';
export type {
  BusMessage,
  BusProducer,
  ProducerDescription,
  ProducerSurroundings,
} from '../transports/bus/bus-producer';
export { HttpBackend } from '../backends/http/http.backend';
export type { HttpBackendOptions, HttpHeaders, ReadStatus } from '../backends/http/http-options';
export { LoggerBackend } from '../backends/logger/logger.backend';
export type { LoggerBackendOptions, LogLevel, NestPinoLogger, PinoLogger } from '../backends/logger/logger-options';
export { MemoryBackend } from '../backends/memory/memory.backend';
export type { MemoryBackendOptions } from '../backends/memory/memory.backend';

export { AddContext } from '../processors/add-context';
export type { AddContextOptions } from '../processors/add-context';
export { Dedupe } from '../processors/dedupe';
export type { DedupeOptions } from '../processors/dedupe';
export { DropFields } from '../processors/drop-fields';
export type { DropFieldsOptions } from '../processors/drop-fields';
export { Enrich } from '../processors/enrich';
export type { EnrichOptions } from '../processors/enrich';
export type { EventKeySource } from '../processors/event-key';
export { NameAllowlist } from '../processors/name-allowlist';
export type { NameAllowlistOptions } from '../processors/name-allowlist';
export type { HashKeys } from '../processors/pseudonyms';
export { RateLimit } from '../processors/rate-limit';
export type { RateLimitOptions } from '../processors/rate-limit';
export { Redact } from '../processors/redact';
export type { RedactAction, RedactOptions } from '../processors/redact';
export { RegexFilter } from '../processors/regex-filter';
export type { RegexFilterOptions } from '../processors/regex-filter';

export { RenameEvent } from '../processors/rename-event';
export type { RenameEventOptions } from '../processors/rename-event';
export { Sample } from '../processors/sample';
export type { SampleOptions } from '../processors/sample';

export { backend, processor } from '../routing/description';
export type {
  AsyncProcessorClass,
  BackendClass,
  BackendDescription,
  Backends,
  BackendSurroundings,
  OptionsFactory,
  OptionsOf,
  ProcessorClass,
  ProcessorDescription,
  ProcessorEntry,
  ProcessorSettings,
} from '../routing/description';
export type { AsyncProcessor, Backend, EventProcessor, Processor, ProcessorResult } from '../routing/contracts';
export { consumer } from '../routing/event-consumer';
export type {
  ConsumerClass,
  ConsumerDescription,
  ConsumerSettings,
  ConsumerSurroundings,
  EventConsumer,
  EventIntake,
  IncomingEntry,
} from '../routing/event-consumer';
export type { EventOutcome } from '../routing/confirmation';
export type { OnError } from '../routing/processor-step';
export { EventEmissionExit } from '../routing/event-emission-exit';
export { RoutingBackend } from '../routing/routing.backend';
export { getBackendToken, getConsumerToken, InjectBackend, InjectOptions } from '../routing/tokens';
export { defineCatalog } from '../catalog/catalog';
export type { Catalog, CatalogEntry } from '../catalog/catalog';
export type { CatalogKeeper } from '../catalog/catalog-keeper';
export { defineContext } from '../catalog/define-context';
export type { ContextDefinition, ContextDefinitionOptions } from '../catalog/define-context';
export { defineEvent } from '../catalog/define-event';
export type { EventData, EventDefinition, EventDefinitionOptions } from '../catalog/define-event';
export { EventDefinitionException } from '../catalog/event-definition.exception';
export type { DefinitionError } from '../catalog/event-definition.exception';
export type {
  CatalogDocument,
  ContextDocument,
  Deprecation,
  EventDocument,
  EventSource,
  HistoryEntry,
} from '../catalog/event-document';
export type { EventSchema } from '../catalog/event-schema';
export type { JsonSchema } from '../catalog/json-schema';
export type { EventName, Register, RegisteredEvent } from '../catalog/registered-events';
export { TrackingCatalog } from '../catalog/tracking-catalog';
export type { CatalogCoverage, SeenEvent } from '../catalog/tracking-catalog';
export { TrackingViolations } from '../catalog/tracking-violations';
export type { FoundViolations, ViolationCount } from '../catalog/tracking-violations';
export type { ValidationMode, ValidationOptions } from '../catalog/validation-mode';
export type { Violation, ViolationKind } from '../catalog/violation';

export { TrackingConfigException } from '../common/tracking-config.exception';
export type { ConfigError } from '../common/tracking-config.exception';
export { UnknownBackendException } from '../routing/unknown-backend.exception';

export type { BreakerState } from '../ledger/counts';
export type { DeadLetter, DeadLetterFilter } from '../delivery/dead-letter-box';
export type { DeliveryDuration, DeliveryNotice } from '../ledger/delivery-notice';
export type { DeliveryChange } from '../ledger/delivery-notice';
export type { DestinationCounts } from '../ledger/counts';
export type { BatchOptions, DeliveryOptions, RetryOptions } from '../delivery/delivery-options';
export { SendFailedException } from '../delivery/destination';
export type { Destination, Rejection, SendFailure } from '../delivery/destination';
export type { LatencyCounts } from '../ledger/latency';
export { TrackingDeadLetters } from '../delivery/tracking-dead-letters';
export { TrackingLedger } from '../ledger/tracking-ledger';
export type { TrackerCounts } from '../ledger/counts';
export type { ConsumerCounts, DeliveryCounts, NodeCounts, QueueCounts, WorkCounts } from '../ledger/counts';

export { InvalidContextException } from '../context/invalid-context.exception';
export { UnknownContextException } from '../context/unknown-context.exception';
export type { AfterResponse, RequestContextOptions, RequestField } from '../context/request-context-options';
export type { TrackedRequest } from '../context/request-fields';

export type { EventFields, StoredEvent, TrackingEvent } from '../event/tracking-event';
export type { Clock } from '../common/clock';
export type { PartialLimits, ValueLimits } from '../event/normal-form';
