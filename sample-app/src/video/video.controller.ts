import { Body, Controller, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { CoursesService } from '../courses/courses.service';
import { ReadPipe } from '../input/read';
import { readVideoEvents, type VideoEventDto } from './video-event.dto';
import { VideoEventsService } from './video-events.service';
import { videoPage } from './video-page';

@Controller()
export class VideoController {
  constructor(
    private readonly courses: CoursesService,
    private readonly events: VideoEventsService,
  ) {}

  @Get('courses/:courseId/video')
  @Header('content-type', 'text/html; charset=utf-8')
  page(@Param('courseId') courseId: string): string {
    return videoPage(this.courses.get(courseId));
  }

  @Post('video-events')
  @HttpCode(202)
  record(@Body(new ReadPipe(readVideoEvents)) events: VideoEventDto[]): { accepted: number } {
    this.events.recordAll(events);
    return { accepted: events.length };
  }
}
