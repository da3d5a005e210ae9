import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { TrackerService } from 'nestjs-event-tracking';
import { CoursesService } from '../courses/courses.service';
import { MessageQueued } from '../tracking/catalog';
import type { DemoUser } from '../users/demo-user';
import type { EnrolDto } from './enrol.dto';

export interface Enrollment {
  readonly id: number;
  readonly course_id: string;
  readonly user_id: number;
  readonly mode: EnrolDto['mode'];
}

@Injectable()
export class EnrollmentService {
  private readonly active: Enrollment[] = [];
  private lastId = 0;

  constructor(
    private readonly courses: CoursesService,
    private readonly tracker: TrackerService,
  ) {}

  enrol(courseId: string, user: DemoUser, { mode }: EnrolDto): Enrollment {
    const course = this.courses.get(courseId);
    if (this.find(course.id, user)) throw new ConflictException(`You are already enrolled in ${course.title}.`);
    const enrollment = { id: ++this.lastId, course_id: course.id, user_id: user.id, mode };
    this.active.push(enrollment);
    // This scope is inside the scope of the controller, which is inside the scope of the request.
    // Events emitted here have the context of all three.
    this.tracker.context('enrollment', { enrollment_id: enrollment.id, mode }, () => {
      this.queueMessage(`welcome-${mode}`);
    });
    return enrollment;
  }

  unenrol(courseId: string, user: DemoUser): Enrollment {
    const course = this.courses.get(courseId);
    const enrollment = this.find(course.id, user);
    if (!enrollment) throw new NotFoundException(`You are not enrolled in ${course.title}.`);
    this.active.splice(this.active.indexOf(enrollment), 1);
    return enrollment;
  }

  count(courseId: string): number {
    return this.active.filter((enrollment) => enrollment.course_id === courseId).length;
  }

  /**
   * Emits an event that names the course, the user and the enrolment, without receiving any of
   * them.
   */
  private queueMessage(template: string): void {
    this.tracker.emit(MessageQueued, { template, channel: 'email' });
  }

  private find(courseId: string, user: DemoUser): Enrollment | undefined {
    return this.active.find(({ course_id, user_id }) => course_id === courseId && user_id === user.id);
  }
}
