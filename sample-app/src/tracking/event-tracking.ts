/**
 * Where the events of this application go:
 *
 *   every event -> CourseOrg -> withoutQuery -> grading        -> RegexFilter   -> recent       GET /events/grading
 *                                            -> recent                                          GET /events
 *                                            -> tracking_logs                                   the log file
 *                                            -> video_plays    -> NameAllowlist                 the nightly job
 */
import { ConfigService } from '@nestjs/config';
import {
  backend,
  LoggerBackend,
  MemoryBackend,
  NameAllowlist,
  processor,
  RegexFilter,
  RoutingBackend,
  TrackingModule,
  type TrackingEvent,
} from 'nestjs-event-tracking';
import { CoursesModule } from '../courses/courses.module';
import type { Settings } from '../settings';
import { CourseOrg } from './course-org.processor';
import { VideoPlays } from './video-plays.backend';

type Config = ConfigService<Settings, true>;

export const eventTracking = TrackingModule.forRootAsync({
  imports: [CoursesModule], // what CourseOrg injects from
  inject: [ConfigService],
  useFactory: (config: Config) => ({ enabled: config.get('tracking.enabled', { infer: true }) }),
  // 'drop': if the query cannot be cut off, the event does not go out with it.
  processors: [processor(CourseOrg), processor(withoutQuery, { onError: 'drop' })],
  backends: {
    tracking_logs: backend(LoggerBackend, {
      inject: [ConfigService],
      useFactory: (config: Config) => ({ path: config.get('tracking.log', { infer: true }) }),
    }),
    recent: backend(MemoryBackend, { maxEvents: 200 }),
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

/** The query of the page a request came from may hold a search, an address or a token: the log keeps the page alone. */
function withoutQuery({ context }: TrackingEvent): void {
  if (typeof context.referer === 'string') context.referer = context.referer.replace(/[?#].*/s, '');
}
