import type { InjectionToken } from '@nestjs/common';
import { getTrackerToken } from '../tracker/tokens';
import type { TrackerService } from '../tracker/tracker.service';

/** Tokens of the providers of one tracker that belong to no node of its tree. */
export interface ModuleTokens {
  /** Options as they were given, or as `useFactory` returned them. */
  readonly options: string;
  readonly settings: string;
  readonly tracker: InjectionToken<TrackerService>;
  /** Provider that reports all errors of the configuration together. */
  readonly check: string;
}

export function moduleTokens(name: string): ModuleTokens {
  const token = (part: string): string => `Tracking${part}(${name})`;
  return {
    options: token('Options'),
    settings: token('Settings'),
    tracker: getTrackerToken(name),
    check: token('Check'),
  };
}
