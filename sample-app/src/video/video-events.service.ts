import { BadRequestException, Injectable } from '@nestjs/common';
import { TrackerService, TrackingContext, type TrackedCall } from 'nestjs-event-tracking';
import { CoursesService, type Course } from '../courses/courses.service';
import type { VideoEventDto } from './video-event.dto';

@Injectable()
export class VideoEventsService {
  constructor(
    private readonly courses: CoursesService,
    private readonly tracker: TrackerService,
  ) {}

  recordAll(events: readonly VideoEventDto[]): void {
    const found = events.map((event) => ({ event, course: this.courseOf(event) })); // validates all events before it records any
    for (const { event, course } of found) this.record(course, event);
  }

  // @TrackingContext is on a method of a service here, because one request can contain events of
  // several courses.
  @TrackingContext(({ args: [course] }: TrackedCall<[Course]>) => ({ course_id: course.id }), { name: 'course' })
  protected record({ video }: Course, { name, position }: VideoEventDto): void {
    this.tracker.emit(name, { id: video.id, code: video.code, duration: video.duration, ...position });
  }

  private courseOf({ course_id }: VideoEventDto): Course {
    const course = this.courses.find(course_id);
    if (course) return course;
    throw new BadRequestException(`There is no course "${course_id}". GET /courses lists all courses.`);
  }
}
