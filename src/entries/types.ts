/**
 * Types that the signatures of this package are made of: `nestjs-event-tracking/types`. An
 * application rarely writes them; `OptionsOf<typeof Redact>` of the root entry is the type of the
 * options of any class.
 */

export type { TrackingFactoryResult, TrackingTreeOptions } from '../module/tracking.module';
export type { TrackingRuntimeOptions } from '../module/tracking-options';
export type { TrackEventDecorator } from '../tracker/track-event-types';
export type { ContextOf } from '../tracker/tracking-context.decorator';
export type { TrackingRole } from '../module/tracking-options';
export type { QueueDescription } from '../queues/async-routing-options';
export type { HttpHeaders, ReadStatus } from '../backends/http/http-options';
export type { LoggerLevel } from '../backends/logger/logger-options';
export type { NestPinoLogger, PinoLogger } from '../backends/logger/pino-logger';
export type { AddContextOptions } from '../processors/add-context';
export type { DedupeOptions } from '../processors/dedupe';
export type { DropFieldsOptions } from '../processors/drop-fields';
export type { EnrichOptions } from '../processors/enrich';
export type { EventKeySource } from '../processors/event-key';
export type { NameAllowlistOptions } from '../processors/name-allowlist';
export type { HashKeys } from '../processors/pseudonyms';
export type { RateLimitOptions } from '../processors/rate-limit';
export type { RedactAction, RedactOptions } from '../processors/redact';
export type { RegexFilterOptions } from '../processors/regex-filter';
export type { RenameEventOptions } from '../processors/rename-event';
export type { SampleOptions } from '../processors/sample';
export type {
  AsyncProcessorClass,
  BackendClass,
  OptionsFactory,
  ProcessorClass,
  ProcessorDescription,
  ProcessorEntry,
  ProcessorSettings,
} from '../routing/description';
export type { ProcessorResult } from '../routing/contracts';
export type { OnError } from '../routing/processor-step';
export type { ContextDefinitionOptions } from '../catalog/define-context';
export type { EventDefinitionOptions } from '../catalog/define-event';
export type {
  DefinedEvent,
  StatementContext,
  StatementDefinition,
  StatementObject,
  StatementPart,
  StatementPlaceholder,
  StatementResult,
  StatementScore,
  StatementVerb,
} from '../catalog/statement/statement-definition';
export type { RegisteredEvent } from '../catalog/registered-events';
export type { ValidationMode } from '../catalog/validation-mode';
export type { ViolationKind } from '../catalog/violation';
export type { BreakerState } from '../ledger/counts';
export type { DeliveryDuration } from '../ledger/delivery-notice';
export type { DeliveryChange } from '../ledger/delivery-notice';
export type { BatchFailure } from '../delivery/destination';
export type { LatencyCounts } from '../ledger/latency';
export type { ConsumerCounts, DeliveryCounts, QueueCounts, WorkCounts } from '../ledger/counts';
export type { AfterResponse, RequestField } from '../context/request-context-options';
export type { PartialLimits, ValueLimits } from '../event/normal-form';
export type { BuiltInBackend } from '../routing/contracts';
export type { BreakerReason } from '../ledger/counts';
export type { DescribedTree } from '../routing/tree-plan';
export type {
  CheckedMethodDecorator,
  EventDataFunction,
  EventDataOption,
  NamedDataFunction,
  NamedDataOption,
  TrackEndOptions,
  TrackEventArguments,
  TrackEventData,
  TrackEventOfData,
  TrackEventParts,
  TrackSuccessOptions,
  TrackedResult,
} from '../tracker/track-event-types';
export type { SyncValues } from '../event/tracking-event';
export type {
  DataArgument,
  DataOfName,
  IsDataOf,
  IsUnion,
  NamedData,
  NamedDataArgument,
  RegisteredName,
  SaysNothing,
  SingleName,
  UnregisteredName,
} from '../catalog/registered-events';
export type { DescribedTracker } from '../intake/tracker-plan';
export type { TransactionLimits, TransactionOptions, TransactionSettings } from '../tracker/transaction-options';
export type { BatchOptions } from '../delivery/delivery-options';
export type { BrokenLine, LinePlace, LogCounts } from '../cli/log-events';
export type { OutcomeCounts } from '../cli/import/event-group';
