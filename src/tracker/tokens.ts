import { Inject, type InjectionToken } from '@nestjs/common';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { TrackerService } from './tracker.service';

/** The token of a tracker: the class itself for the default one. */
export function getTrackerToken(name: string = DEFAULT_TRACKER): InjectionToken<TrackerService> {
  return name === DEFAULT_TRACKER ? TrackerService : `Tracker(${name})`;
}

/** Injects the tracker of that name; `TrackerService` injects the default one without it. */
export const InjectTracker = (name?: string): ParameterDecorator & PropertyDecorator => Inject(getTrackerToken(name));
