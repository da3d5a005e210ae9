/**
 * Where the events of this application go:
 *
 *   every event -> CourseOrg -> withoutQuery -> grading        -> RegexFilter   -> recent       GET /events/grading
 *                                            -> recent                                          GET /events
 *                                            -> tracking_logs                                   the log file
 *                                            -> store          (with MONGO_URL)                 the collection `events`
 *                                            -> video_plays    -> NameAllowlist                 the nightly job
 */
import { ConfigService } from '@nestjs/config';
import { MongooseModule } from '@nestjs/mongoose';
import {
  backend,
  LoggerBackend,
  MemoryBackend,
  NameAllowlist,
  processor,
  RegexFilter,
  RoutingBackend,
  TrackingModule,
  type Backends,
  type TrackingEvent,
} from 'nestjs-event-tracking';
import { MongoBackend } from 'nestjs-event-tracking/mongoose';
import { CoursesModule } from '../courses/courses.module';
import type { Settings } from '../settings';
import { CourseOrg } from './course-org.processor';
import { VideoPlays } from './video-plays.backend';

type Config = ConfigService<Settings, true>;

export const eventTracking = TrackingModule.forRootAsync({
  imports: [CoursesModule], // what CourseOrg injects from
  inject: [ConfigService],
  useFactory: (config: Config) => ({
    enabled: config.get('tracking.enabled', { infer: true }),
    delivery: { directory: config.get('tracking.directory', { infer: true }) },
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
