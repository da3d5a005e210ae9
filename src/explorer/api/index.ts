/**
 * JSON that the explorer's routes return and its page reads. The OpenAPI document describes the
 * same shapes, and a test compares the two. Times are ISO 8601 strings. Values of events are
 * redacted before they get here.
 *
 * Every route about events, the tree, violations, dead letters, the catalog and queues takes
 * `?tracker=` with a name of {@link ExplorerInfo.trackers}; without it, the first one is meant.
 */
export type * from './info';
export type * from './events';
export type * from './event-detail';
export type * from './tree';
export type * from './violations';
export type * from './dead-letters';
export type * from './catalog';
export type * from './queues';
export type * from './error';
