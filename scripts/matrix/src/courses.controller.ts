import { Body, Controller, Param, Post } from '@nestjs/common';
import { TrackEvent, TrackerService } from 'nestjs-event-tracking';

@Controller('courses')
export class CoursesController {
  constructor(private readonly tracker: TrackerService) {}

  @Post(':id/enrolment')
  @TrackEvent('course.enrolled', ({ args: [id], result }) => ({ course: id, enrolment: result }))
  async enrol(@Param('id') id: string, @Body() body: { mode: string }): Promise<{ id: number; mode: string }> {
    await this.tracker.context({ course_id: id }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      this.tracker.emit('seat.taken', { mode: body.mode });
    });
    return { id: 7, mode: body.mode };
  }
}
