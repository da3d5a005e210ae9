import { Inject } from '@nestjs/common';

export const DEFAULT_TRACKER = 'default';

/** The token under which a node's own options are injected; the same in every node's module, which sees only its own. */
export const NODE_OPTIONS = 'TRACKING_OPTIONS';

/** Injects the options given to `backend(Class, options)` or `processor(Class, options)` into that class. */
export const InjectOptions = (): ParameterDecorator & PropertyDecorator => Inject(NODE_OPTIONS);

/**
 * The token of the backend at `path`, for `overrideProvider` in tests and for `inject` lists.
 * @param path names from the root down, joined by `/`: `caliper/mongo`
 */
export function getBackendToken(path: string, tracker: string = DEFAULT_TRACKER): string {
  return `TrackingBackend(${inTracker(path, tracker)})`;
}

/**
 * Injects the backend at `path`: the instance that Nest built. A node that is switched off is not built: then it is what the
 * class's `static idle()` gives, and undefined for a class without one.
 */
export const InjectBackend = (path: string, tracker?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getBackendToken(path, tracker));

/** The token of a processor; not public, since a list's positions change with every edit. */
export function getProcessorToken(path: string, index: number, tracker: string): string {
  return `TrackingProcessor(${inTracker(path, tracker)}[${String(index)}])`;
}

/** The token of a consumer, for `overrideProvider` in tests. */
export function getConsumerToken(name: string, tracker: string = DEFAULT_TRACKER): string {
  return `TrackingConsumer(${inTracker(name, tracker)})`;
}

function inTracker(path: string, tracker: string): string {
  return tracker === DEFAULT_TRACKER ? path : `${tracker}:${path}`;
}
