import { Body, Controller, Delete, Param, Post } from '@nestjs/common';
import { TrackEvent, TrackingContext, type EventData, type TrackedCall } from 'nestjs-event-tracking';
import { ReadPipe } from '../input/read';
import { EnrollmentActivated, EnrollmentDeactivated } from '../tracking/catalog';
import { CurrentUser, type DemoUser } from '../users/demo-user';
import { readEnrolDto, type EnrolDto } from './enrol.dto';
import { EnrollmentService, type Enrollment } from './enrollment.service';

/**
 * The handlers contain no tracking code: @TrackEvent names the event and the function that returns
 * its data. The event is emitted only if the handler succeeds, so a 404 or 409 emits nothing.
 */
@Controller('courses/:courseId/enrollment')
@TrackingContext(({ args: [courseId] }: TrackedCall<[string]>) => ({ course_id: courseId }), { name: 'course' })
export class EnrollmentController {
  constructor(private readonly enrollment: EnrollmentService) {}

  @Post()
  @TrackEvent(EnrollmentActivated, enrollmentData)
  enrol(
    @Param('courseId') courseId: string,
    @Body(new ReadPipe(readEnrolDto)) dto: EnrolDto,
    @CurrentUser() user: DemoUser,
  ): Enrollment {
    return this.enrollment.enrol(courseId, user, dto);
  }

  @Delete()
  @TrackEvent(EnrollmentDeactivated, enrollmentData)
  unenrol(@Param('courseId') courseId: string, @CurrentUser() user: DemoUser): Enrollment {
    return this.enrollment.unenrol(courseId, user);
  }
}

function enrollmentData({ result }: { result: Enrollment }): EventData<typeof EnrollmentActivated> {
  const { course_id, user_id, mode } = result;
  return { course_id, user_id, mode };
}
