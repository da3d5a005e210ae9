import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { InjectBackend, TrackerService, TrackEvent, TrackingContext, type EventData } from 'nestjs-event-tracking';
import { CoursesService } from '../courses/courses.service';
import { EnrollmentService } from '../enrollment/enrollment.service';
import { CourseSummary, NightlyFinished } from '../tracking/catalog';
import { VideoPlays } from '../tracking/video-plays.backend';

export interface NightlySummary {
  readonly courses: number;
  readonly enrollments: number;
  readonly plays: number;
}

/**
 * A cron job runs outside of requests, so its events would have no context. @TrackingContext opens
 * a scope for each run; job_run_id identifies the events of one run.
 */
@Injectable()
export class NightlyJob {
  constructor(
    private readonly courses: CoursesService,
    private readonly enrollment: EnrollmentService,
    private readonly tracker: TrackerService,
    @InjectBackend('video_plays') private readonly plays: VideoPlays,
  ) {}

  @Cron(CronExpression.EVERY_DAY_AT_3AM, { name: 'nightly' })
  @TrackingContext(() => ({ job: 'nightly', job_run_id: randomUUID() }), { name: 'nightly' })
  @TrackEvent(NightlyFinished, { on: 'settled', data: finishedData })
  async run(): Promise<NightlySummary> {
    const totals = { courses: 0, enrollments: 0, plays: 0 };
    for (const { id } of this.courses.all()) {
      const enrollments = await this.enrollment.count(id);
      const plays = this.plays.of(id);
      this.tracker.context({ course_id: id }, () => {
        this.tracker.emit(CourseSummary, { enrollments, plays });
      });
      totals.courses += 1;
      totals.enrollments += enrollments;
      totals.plays += plays;
    }
    return totals;
  }
}

// With `on: 'settled'` the event is emitted for a failed run too.
function finishedData(outcome: {
  result?: NightlySummary | undefined;
  error?: unknown;
  durationMs: number;
}): EventData<typeof NightlyFinished> {
  const { result, error, durationMs } = outcome;
  return {
    ...result,
    duration_ms: durationMs,
    ...(error === undefined ? {} : { error: error instanceof Error ? error.message : 'unknown' }),
  };
}
