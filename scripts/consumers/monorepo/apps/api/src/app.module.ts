import { Body, Controller, Module, Param, Post } from '@nestjs/common';
import { Seats } from 'billing';
import { backend, LoggerBackend, TrackEvent, TrackingModule } from 'nestjs-event-tracking';

@Controller('courses')
class CoursesController {
  constructor(private readonly seats: Seats) {}

  @Post(':id/enrolment')
  @TrackEvent('course.enrolled', ({ args: [id], result }) => ({ course: id, enrolment: result }))
  enrol(@Param('id') id: string, @Body() body: { mode: string }): { id: number; mode: string } {
    return this.seats.take(id, body.mode);
  }
}

@Module({
  imports: [TrackingModule.forRoot({ backends: { log: backend(LoggerBackend, { path: 'tracking.log' }) } })],
  controllers: [CoursesController],
  providers: [Seats],
})
export class AppModule {}
