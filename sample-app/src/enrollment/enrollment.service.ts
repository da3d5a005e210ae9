import { ConflictException, Inject, Injectable, NotFoundException } from '@nestjs/common';
import { and, eq } from 'drizzle-orm';
import { TrackerService } from 'nestjs-event-tracking';
import { holdEvents } from 'nestjs-event-tracking/transactions';
import { CoursesService } from '../courses/courses.service';
import { DATABASE, type Database } from '../database/database';
import { enrolments } from '../database/tables';
import { EnrollmentActivated, EnrollmentDeactivated, MessageQueued } from '../tracking/catalog';
import { outboxOf } from '../tracking/outbox';
import type { DemoUser } from '../users/demo-user';
import type { EnrolDto } from './enrol.dto';

export type Enrollment = typeof enrolments.$inferSelect;

@Injectable()
export class EnrollmentService {
  constructor(
    private readonly courses: CoursesService,
    private readonly tracker: TrackerService,
    @Inject(DATABASE) private readonly database: Database,
  ) {
    // Events emitted in a transaction are sent after its commit. A rollback drops them.
    holdEvents(database, tracker);
  }

  /**
   * Stores the enrolment and its events in one transaction, because other systems rely on them:
   * even after a crash, the database has both or neither. A relay sends the events later.
   */
  async enrol(courseId: string, user: DemoUser, { mode }: EnrolDto): Promise<Enrollment> {
    const course = this.courses.get(courseId);
    const values = { course_id: course.id, user_id: user.id, mode };
    return this.database.transaction((transaction) =>
      this.tracker.transaction(async () => {
        const [enrollment] = await transaction.insert(enrolments).values(values).onConflictDoNothing().returning();
        if (!enrollment) throw new ConflictException(`You are already enrolled in ${course.title}.`);
        // This scope is inside the scope of the controller, which is inside the scope of the
        // request. Events emitted here have the context of all three.
        this.tracker.context('enrollment', { enrollment_id: enrollment.id, mode }, () => {
          this.queueMessage(`welcome-${mode}`);
        });
        this.tracker.emit(EnrollmentActivated, values);
        return enrollment;
      }, outboxOf(transaction)),
    );
  }

  /** Holds its event until the commit. A crash right after the commit loses the event. */
  async unenrol(courseId: string, user: DemoUser): Promise<Enrollment> {
    const course = this.courses.get(courseId);
    const isOwn = and(eq(enrolments.course_id, course.id), eq(enrolments.user_id, user.id));
    return this.database.transaction(async (transaction) => {
      const [enrollment] = await transaction.delete(enrolments).where(isOwn).returning();
      if (!enrollment) throw new NotFoundException(`You are not enrolled in ${course.title}.`);
      const { course_id, user_id, mode } = enrollment;
      this.tracker.emit(EnrollmentDeactivated, { course_id, user_id, mode });
      return enrollment;
    });
  }

  count(courseId: string): Promise<number> {
    return this.database.$count(enrolments, eq(enrolments.course_id, courseId));
  }

  /**
   * Emits an event that names the course, the user and the enrolment, without receiving any of
   * them.
   */
  private queueMessage(template: string): void {
    this.tracker.emit(MessageQueued, { template, channel: 'email' });
  }
}
