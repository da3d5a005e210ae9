/** The catalog as data, for tools that read it: `nestjs-event-tracking/catalog`. */

export type { CatalogEntry } from '../catalog/catalog';
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
export type { CatalogCoverage, SeenEvent } from '../catalog/tracking-catalog';
export type { FoundViolations, ViolationCount } from '../catalog/tracking-violations';
export type { StatementDocument } from '../catalog/statement/statement-definition';
export type { SchemaInput } from '../catalog/event-schema';
