/**
 * The tree of this application. Every event passes CourseOrg and withoutQuery, then:
 *
 *   -> grading -> RegexFilter -> recent        GET /events/grading
 *   -> recent                                  GET /events
 *   -> tracking_logs                           the log file
 *   -> reports => LearnerProfile -> log        the reports file
 *                                -> recent     GET /events/reports
 *   -> store                                   the MongoDB collection `events`, if MONGO_URL is set
 *   -> lrs                                     statements to an LRS, if LRS_URL is set
 *   -> partner                                 POST /demo/partner
 *   -> video_plays -> NameAllowlist            the nightly job
 *
 * Events of enrolments enter it from the outbox, by the relay in outbox.ts.
 *
 * `=>` is a queue. The steps behind it run later in this process, or in the workers (worker.ts) if
 * REDIS_URL is set.
 */
import type { AddressInfo } from 'node:net';
import { BullModule } from '@nestjs/bull';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
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
import { XapiBackend } from 'nestjs-event-tracking/xapi';
import { CoursesModule } from '../courses/courses.module';
import { CoursesService } from '../courses/courses.service';
import type { Settings } from '../settings';
import { LearnersModule } from '../users/learners.service';
import { catalog } from './catalog';
import { CourseOrg } from './course-org.processor';
import { LearnerProfile } from './learner-profile.processor';
import { outboxRelay } from './outbox';
import { PartnerDestination } from './partner.destination';
import { VideoPlays } from './video-plays.backend';

type Config = ConfigService<Settings, true>;

export const eventTracking = TrackingModule.forRootAsync({
  imports: [CoursesModule], // exports the CoursesService that CourseOrg injects
  inject: [ConfigService],
  useFactory: (config: Config) => ({
    enabled: config.get('tracking.enabled', { infer: true }),
    delivery: { directory: config.get('tracking.directory', { infer: true }) },
    catalog, // events that violate it are reported and still delivered, in production too
    documentation: Boolean(process.env.MONGO_URL), // describes the events in the database, next to them
    role: process.env.REDIS_URL ? 'emitter' : 'both', // createTrackingWorker changes it to 'worker'
  }),
  consumers: outboxRelay,
  // 'drop': if withoutQuery fails, the event is dropped instead of sent with the query.
  processors: [processor(CourseOrg), processor(withoutQuery, { onError: 'drop' })],
  backends: {
    tracking_logs: backend(LoggerBackend, {
      inject: [ConfigService],
      useFactory: (config: Config) => ({ path: config.get('tracking.log', { infer: true }) }),
    }),
    recent: backend(MemoryBackend, { maxEvents: 200 }),
    ...store(process.env.MONGO_URL),
    ...lrs(process.env.LRS_URL),
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
    partner: backend(
      PartnerDestination,
      {
        inject: [HttpAdapterHost, ConfigService],
        useFactory: (host: HttpAdapterHost, config: Config) => ({
          url: () => `${ownAddress(host, config)}/demo/partner`,
        }),
      },
      {
        processors: [
          processor(RegexFilter, { filterType: 'allowlist', regularExpressions: ['^edx\\.course\\.enrollment\\.'] }),
        ],
      },
    ),
    video_plays: backend(VideoPlays, undefined, { processors: [processor(NameAllowlist, { names: ['play_video'] })] }),
  },
});

/**
 * Adds the learner's profile to enrolments and grades. The profile is loaded behind a queue, so
 * that no request waits for it.
 */
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
 * Stores all events in MongoDB if MONGO_URL is set. It is read when this file is loaded;
 * environment.ts reads the file `.env` before.
 */
function store(url: string | undefined): Backends {
  if (!url) return {};
  return {
    // With a lazy connection, the application also starts while the database is down; events wait.
    store: backend(
      MongoBackend,
      { collection: 'events' },
      { imports: [MongooseModule.forRoot(url, { lazyConnection: true })] },
    ),
  };
}

/**
 * Sends xAPI statements of enrolments, answers, grades and the video to an LRS if LRS_URL is set.
 * The names of the events are those of Open edX, so their rows are already there. Like MONGO_URL,
 * LRS_URL must be set in the environment.
 */
function lrs(url: string | undefined): Backends {
  if (!url) return {};
  return {
    lrs: backend(
      XapiBackend,
      {
        inject: [CoursesService],
        useFactory: (courses: CoursesService) => ({
          url,
          rootUrl: 'https://learn.example',
          ids: 'event' as const, // events of this application, which no other system sends
          courseName: (courseId: string) => courses.all().find(({ id }) => id === courseId)?.title,
        }),
      },
      { imports: [CoursesModule] },
    ),
  };
}

/**
 * Returns the address of this application, because the partner is one of its routes. A worker has
 * no server and uses the port of the settings, on which the web process listens.
 */
function ownAddress({ httpAdapter }: Partial<HttpAdapterHost>, config: Config): string {
  const server = httpAdapter?.getHttpServer() as { address(): AddressInfo | null } | undefined;
  return `http://127.0.0.1:${server?.address()?.port ?? config.get('port', { infer: true })}`;
}

/** Removes the query of the referring page, which may contain personal data or a token. */
function withoutQuery({ context }: TrackingEvent): void {
  if (typeof context.referer === 'string') context.referer = context.referer.replace(/[?#].*/s, '');
}
