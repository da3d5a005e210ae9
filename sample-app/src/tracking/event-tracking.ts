/**
 * Where the events of this application go:
 *
 *   every event -> CourseOrg -> withoutQuery -> grading        -> RegexFilter   -> recent       GET /events/grading
 *                                            -> recent                                          GET /events
 *                                            -> tracking_logs                                   the log file
 *                                            -> reports        => LearnerProfile -> log         the file of the reports
 *                                                                                -> recent      GET /events/reports
 *                                            -> store          (with MONGO_URL)                 the collection `events`
 *                                            -> video_plays    -> NameAllowlist                 the nightly job
 *
 * Behind `=>` is a queue: what stands after it happens later in this process, or with REDIS_URL in the workers (worker.ts).
 */
import { ConfigService } from '@nestjs/config';
import { BullModule } from '@nestjs/bull';
import { MongooseModule } from '@nestjs/mongoose';
import {
  AsyncRoutingBackend,
  backend,
  LoggerBackend,
  MemoryBackend,
  NameAllowlist,
  processor,
  RegexFilter,
  RoutingBackend,
  TrackingModule,
  type BackendDescription,
  type Backends,
  type TrackingEvent,
} from 'nestjs-event-tracking';
import { bullQueue } from 'nestjs-event-tracking/bull';
import { MongoBackend } from 'nestjs-event-tracking/mongoose';
import { CoursesModule } from '../courses/courses.module';
import type { Settings } from '../settings';
import { LearnersModule } from '../users/learners.service';
import { catalog } from './catalog';
import { CourseOrg } from './course-org.processor';
import { LearnerProfile } from './learner-profile.processor';
import { VideoPlays } from './video-plays.backend';

type Config = ConfigService<Settings, true>;

export const eventTracking = TrackingModule.forRootAsync({
  imports: [CoursesModule], // what CourseOrg injects from
  inject: [ConfigService],
  useFactory: (config: Config) => ({
    enabled: config.get('tracking.enabled', { infer: true }),
    delivery: { directory: config.get('tracking.directory', { infer: true }) },
    catalog, // NODE_ENV=production reports too: an event with a fault is worth more than none
    documentation: Boolean(process.env.MONGO_URL), // where analysts look, they find what the events mean
    role: process.env.REDIS_URL ? 'emitter' : 'both', // createTrackingWorker makes it 'worker'
  }),
  // 'drop': if the query cannot be cut off, the event does not go out with it.
  processors: [processor(CourseOrg), processor(withoutQuery, { onError: 'drop' })],
  backends: {
    tracking_logs: backend(LoggerBackend, {
      inject: [ConfigService],
      useFactory: (config: Config) => ({ path: config.get('tracking.log', { infer: true }) }),
    }),
    recent: backend(MemoryBackend, { maxEvents: 200 }),
    ...store(process.env.MONGO_URL),
    reports: reports(process.env.REDIS_URL),
    grading: backend(
      RoutingBackend,
      {},
      {
        processors: [
          processor(RegexFilter, { filterType: 'allowlist', regularExpressions: ['^problem_', '^edx\\.grades\\.'] }),
        ],
        backends: { recent: backend(MemoryBackend, { maxEvents: 50 }) },
      },
    ),
    video_plays: backend(VideoPlays, undefined, { processors: [processor(NameAllowlist, { names: ['play_video'] })] }),
  },
});

/** Enrolments and checked answers, with who the learner is. That has to be asked for, so no request waits for it. */
function reports(redisUrl: string | undefined): BackendDescription {
  const name = 'sample-reports';
  return backend(
    AsyncRoutingBackend,
    {
      queue: redisUrl ? bullQueue(name) : undefined,
      when: ['edx.course.enrollment.activated', 'edx.course.enrollment.deactivated', 'edx.grades.problem.submitted'],
    },
    {
      imports: [LearnersModule, ...(redisUrl ? [BullModule.registerQueue({ name, redis: redisUrl })] : [])],
      processors: [processor(LearnerProfile, undefined, { timeoutMs: 2000, onError: 'dead-letter' })],
      backends: {
        log: backend(LoggerBackend, {
          inject: [ConfigService],
          useFactory: (config: Config) => ({ path: config.get('tracking.reports', { infer: true }) }),
        }),
        recent: backend(MemoryBackend, { maxEvents: 50 }),
      },
    },
  );
}

/**
 * Only where there is a MongoDB. Its connection belongs to the tree, and the tree is there before any settings are read: so this
 * variable has to be in the environment, not in a file `.env`.
 */
function store(url: string | undefined): Backends {
  if (!url) return {};
  return {
    // Lazy: the platform starts, and its events wait, while the database is down.
    store: backend(
      MongoBackend,
      { collection: 'events' },
      { imports: [MongooseModule.forRoot(url, { lazyConnection: true })] },
    ),
  };
}

/** The query of the page a request came from may hold a search, an address or a token: the log keeps the page alone. */
function withoutQuery({ context }: TrackingEvent): void {
  if (typeof context.referer === 'string') context.referer = context.referer.replace(/[?#].*/s, '');
}
