import { Inject, type InjectionToken } from '@nestjs/common';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { TrackerService } from './tracker.service';

/** Returns the injection token of a tracker: the class itself for the default tracker. */
export function getTrackerToken(name: string = DEFAULT_TRACKER): InjectionToken<TrackerService> {
  return name === DEFAULT_TRACKER ? TrackerService : `Tracker(${name})`;
}

/**
 * Injects the tracker with this name. The default tracker needs no decorator: inject
 * `TrackerService`.
 */
export const InjectTracker = (name?: string): ParameterDecorator & PropertyDecorator => Inject(getTrackerToken(name));
