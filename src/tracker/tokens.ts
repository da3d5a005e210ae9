import { Inject, type InjectionToken } from '@nestjs/common';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { TrackerService } from './tracker.service';

/** Returns the injection token of a tracker: the class itself for the default tracker. */
export function getTrackerToken(name: string = DEFAULT_TRACKER): InjectionToken<TrackerService> {
  return name === DEFAULT_TRACKER ? TrackerService : `Tracker(${name})`;
}

/** Names that `@InjectTracker` was given. */
const injectedNames = new Set<string>();

/**
 * Injects the tracker with this name. The default tracker needs no decorator: inject
 * `TrackerService`. The application does not start if it has no tracker with this name
 * (`UnknownTrackerException`).
 * @param name name given to `forRoot`  @default 'default'
 */
export function InjectTracker(name: string = DEFAULT_TRACKER): ParameterDecorator & PropertyDecorator {
  injectedNames.add(name);
  return Inject(getTrackerToken(name));
}

/** Returns every name that `@InjectTracker` was given, in the whole process. */
export function injectedTrackerNames(): string[] {
  return [...injectedNames];
}
