import { Controller, Get, Param } from '@nestjs/common';
import { CoursesService, type Course } from './courses.service';

@Controller('courses')
export class CoursesController {
  constructor(private readonly courses: CoursesService) {}

  @Get()
  list(): object[] {
    return this.courses.all().map(({ id, org, title }) => ({ id, org, title }));
  }

  @Get(':courseId')
  show(@Param('courseId') courseId: string): object {
    return forLearners(this.courses.get(courseId));
  }
}

/** Returns the course without the answers to its problems. */
function forLearners({ id, org, title, video, problems }: Course): object {
  return {
    id,
    org,
    title,
    video,
    problems: problems.map(({ id, question, maxAttempts, weight }) => ({
      id,
      question,
      max_attempts: maxAttempts,
      weight,
    })),
  };
}
