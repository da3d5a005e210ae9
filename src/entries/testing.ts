import '../testing/jest-types';

export { TrackingTestingModule } from '../testing/tracking-testing.module';
export type { TrackingTestingOptions } from '../testing/tracking-testing.module';
export { events, TrackedEvents } from '../testing/tracked-events';
export type { SourceOptions, TrackingSource } from '../testing/tracked-events';
export { waitForEvent } from '../testing/wait-for-event';
export type { WaitOptions } from '../testing/wait-for-event';
export { expectNoViolations } from '../testing/expect-no-violations';
export { ViolationsFoundException } from '../testing/violations-found.exception';
export { EventNotTrackedException } from '../testing/event-not-tracked.exception';
export { UntrackedSourceException } from '../testing/untracked-source.exception';
export type { EventFilter, EventPattern, NamePattern, TrackedEvent } from '../testing/event-pattern';
export type { AsymmetricMatcher } from '../testing/fit';

export { matchers } from '../testing/matchers';
export type { TrackingMatchers } from '../testing/matchers';
export type { MatcherContext, MatcherResult } from '../testing/matcher-context';

export { fixedClock } from '../testing/fixed-clock';
export type { FixedClock, FixedClockOptions } from '../testing/fixed-clock';
export { fixedIds } from '../testing/fixed-ids';
export { createTrackingSerializer, trackingSerializer } from '../testing/tracking-serializer';
export type { TrackingSerializer, TrackingSerializerOptions } from '../testing/tracking-serializer';
