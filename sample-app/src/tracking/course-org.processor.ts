import { Injectable } from '@nestjs/common';
import type { EventProcessor, TrackingEvent } from 'nestjs-event-tracking';
import { CoursesService } from '../courses/courses.service';

/**
 * Adds org_id to the context of every event of a course, so that analysts can group by organisation
 * and no handler has to look it up.
 */
@Injectable()
export class CourseOrg implements EventProcessor {
  constructor(private readonly courses: CoursesService) {}

  process({ context }: TrackingEvent): void {
    const course = this.courses.find(context.course_id);
    if (course) context.org_id = course.org;
  }
}
