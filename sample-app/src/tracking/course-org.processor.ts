import { Injectable } from '@nestjs/common';
import type { EventProcessor, TrackingEvent } from 'nestjs-event-tracking';
import { CoursesService } from '../courses/courses.service';

/** Whoever reads the log groups by organisation; no handler should have to know it. Adds org_id to every event of a course. */
@Injectable()
export class CourseOrg implements EventProcessor {
  constructor(private readonly courses: CoursesService) {}

  process({ context }: TrackingEvent): void {
    const course = this.courses.find(context.course_id);
    if (course) context.org_id = course.org;
  }
}
