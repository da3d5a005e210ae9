import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { TrackEvent, TrackingContext, type EventData, type TrackedCall } from 'nestjs-event-tracking';
import { fields, ReadPipe, text } from '../input/read';
import { ProblemCheck, ProblemCheckFail } from '../tracking/catalog';
import { CurrentUser, type DemoUser } from '../users/demo-user';
import { ProblemsService, type CheckResult } from './problems.service';

interface CheckDto {
  readonly answer: string;
}

function readCheckDto(body: unknown): CheckDto {
  return { answer: text(fields(body, 'body').answer, 'answer') };
}

/**
 * A handler with two events: one for success, one for an error. A body that the pipe rejects (400)
 * emits neither, because the handler does not run.
 */
@Controller('courses/:courseId/problems/:problemId')
@TrackingContext(
  ({ args: [courseId, problemId] }: TrackedCall<[string, string]>) => ({
    course_id: courseId,
    module: { usage_key: problemId },
  }),
  { name: 'course' },
)
export class ProblemsController {
  constructor(private readonly problems: ProblemsService) {}

  @Post('check')
  @HttpCode(200)
  @TrackEvent(ProblemCheck, checkData)
  @TrackEvent(ProblemCheckFail, { on: 'error', data: checkFailData })
  check(
    @Param('courseId') courseId: string,
    @Param('problemId') problemId: string,
    @CurrentUser() user: DemoUser,
    @Body(new ReadPipe(readCheckDto)) dto: CheckDto,
  ): CheckResult {
    return this.problems.check(courseId, problemId, user, dto.answer);
  }
}

function checkData({ result }: { result: CheckResult }): EventData<typeof ProblemCheck> {
  const { problem_id, answer, correct, attempts, grade, max_grade } = result;
  return {
    problem_id,
    answers: { [problem_id]: answer },
    success: correct ? 'correct' : 'incorrect',
    correct_map: { [problem_id]: { correctness: correct ? 'correct' : 'incorrect' } },
    attempts,
    grade,
    max_grade,
  };
}

function checkFailData({
  args,
  error,
}: {
  args: readonly [string, string, DemoUser, CheckDto];
  error: unknown;
}): EventData<typeof ProblemCheckFail> {
  const [, problem_id, , { answer }] = args;
  return { problem_id, answers: { [problem_id]: answer }, failure: error instanceof Error ? error.message : 'unknown' };
}
