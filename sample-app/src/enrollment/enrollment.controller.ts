import { Body, Controller, Delete, Param, Post } from '@nestjs/common';
import { TrackingContext, type TrackedCall } from 'nestjs-event-tracking';
import { ReadPipe } from '../input/read';
import { CurrentUser, type DemoUser } from '../users/demo-user';
import { readEnrolDto, type EnrolDto } from './enrol.dto';
import { EnrollmentService, type Enrollment } from './enrollment.service';

/**
 * The handlers contain no tracking code: the service emits the events in its transactions.
 * @TrackingContext adds the course to each of them.
 */
@Controller('courses/:courseId/enrollment')
@TrackingContext(({ args: [courseId] }: TrackedCall<[string]>) => ({ course_id: courseId }), { name: 'course' })
export class EnrollmentController {
  constructor(private readonly enrollment: EnrollmentService) {}

  @Post()
  enrol(
    @Param('courseId') courseId: string,
    @Body(new ReadPipe(readEnrolDto)) dto: EnrolDto,
    @CurrentUser() user: DemoUser,
  ): Promise<Enrollment> {
    return this.enrollment.enrol(courseId, user, dto);
  }

  @Delete()
  unenrol(@Param('courseId') courseId: string, @CurrentUser() user: DemoUser): Promise<Enrollment> {
    return this.enrollment.unenrol(courseId, user);
  }
}
