import './jest-types';

export { TrackingTestingModule } from './tracking-testing.module';
export type { TrackingTestingOptions } from './tracking-testing.module';
export { events, TrackedEvents } from './tracked-events';
export type { SourceOptions, TrackingSource } from './tracked-events';
export { waitForEvent } from './wait-for-event';
export type { WaitOptions } from './wait-for-event';
export { expectNoViolations } from './expect-no-violations';
export { ViolationsFoundException } from './violations-found.exception';
export { EventNotTrackedException } from './event-not-tracked.exception';
export { UntrackedSourceException } from './untracked-source.exception';
export type { EventFilter, EventPattern, NamePattern, TrackedEvent } from './event-pattern';
export type { AsymmetricMatcher } from './fit';

export { matchers } from './matchers';
export type { TrackingMatchers } from './matchers';
export type { MatcherContext, MatcherResult } from './matcher-context';

export { fixedClock } from './fixed-clock';
export type { FixedClock, FixedClockOptions } from './fixed-clock';
export { fixedIds } from './fixed-ids';
export { createTrackingSerializer, trackingSerializer } from './tracking-serializer';
export type { TrackingSerializer, TrackingSerializerOptions } from './tracking-serializer';
