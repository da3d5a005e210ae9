import { Inject } from '@nestjs/common';

export const DEFAULT_TRACKER = 'default';

/**
 * Token under which the options of a node are injected. All nodes use the same token; the module of
 * each node sees only its own options.
 */
export const NODE_OPTIONS = 'TRACKING_OPTIONS';

/**
 * Injects the options given to `backend(Class, options)` or `processor(Class, options)` into that
 * class.
 */
export const InjectOptions = (): ParameterDecorator & PropertyDecorator => Inject(NODE_OPTIONS);

/**
 * Returns the token of the backend at `path`, for `overrideProvider` in tests and for `inject`
 * lists.
 * @param path names from the root down, joined by `/`: `caliper/mongo`
 */
export function getBackendToken(path: string, tracker: string = DEFAULT_TRACKER): string {
  return `TrackingBackend(${inTracker(path, tracker)})`;
}

/** Paths that `@InjectBackend` named, by tracker. */
const injectedPaths = new Map<string, Set<string>>();

/**
 * Injects the backend at `path`: the instance that Nest built. A node that is switched off is not
 * built: then the result of the class's `static idle()` is injected, or undefined without one.
 * The application does not start if the tracker has no such node (`UnknownBackendException`).
 */
export function InjectBackend(path: string, tracker: string = DEFAULT_TRACKER): ParameterDecorator & PropertyDecorator {
  const paths = injectedPaths.get(tracker) ?? new Set();
  injectedPaths.set(tracker, paths.add(path));
  return Inject(getBackendToken(path, tracker));
}

/** Returns every path that `@InjectBackend` has named for this tracker, in the whole process. */
export function injectedBackendPaths(tracker: string): string[] {
  return [...(injectedPaths.get(tracker) ?? [])];
}

/**
 * Returns the token of a processor. Not public, because positions in a list change with every edit.
 */
export function getProcessorToken(path: string, index: number, tracker: string): string {
  return `TrackingProcessor(${inTracker(path, tracker)}[${String(index)}])`;
}

/** Returns the token of a consumer, for `overrideProvider` in tests. */
export function getConsumerToken(name: string, tracker: string = DEFAULT_TRACKER): string {
  return `TrackingConsumer(${inTracker(name, tracker)})`;
}

function inTracker(path: string, tracker: string): string {
  return tracker === DEFAULT_TRACKER ? path : `${tracker}:${path}`;
}
