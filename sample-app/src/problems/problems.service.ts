import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { TrackerService } from 'nestjs-event-tracking';
import { CoursesService } from '../courses/courses.service';
import { ProblemSubmitted } from '../tracking/catalog';
import type { DemoUser } from '../users/demo-user';

export interface CheckResult {
  readonly problem_id: string;
  readonly answer: string;
  readonly correct: boolean;
  readonly attempts: number;
  readonly grade: number;
  readonly max_grade: number;
}

@Injectable()
export class ProblemsService {
  private readonly attempts = new Map<string, number>();

  constructor(
    private readonly courses: CoursesService,
    private readonly tracker: TrackerService,
  ) {}

  check(courseId: string, problemId: string, user: DemoUser, answer: string): CheckResult {
    const problem = this.courses.get(courseId).problems.find(({ id }) => id === problemId);
    if (!problem) throw new NotFoundException(`The course has no problem "${problemId}".`);
    const key = JSON.stringify([user.id, courseId, problemId]);
    const attempts = (this.attempts.get(key) ?? 0) + 1;
    if (attempts > problem.maxAttempts) throw new ConflictException('No attempts are left for this problem.');
    this.attempts.set(key, attempts);

    const correct = answer.trim().toLowerCase() === problem.answer.toLowerCase();
    const grade = correct ? problem.weight : 0;
    this.tracker.emit(ProblemSubmitted, {
      problem_id: problemId,
      weight: problem.weight,
      weighted_earned: grade,
      weighted_possible: problem.weight,
    });
    return { problem_id: problemId, answer, correct, attempts, grade, max_grade: problem.weight };
  }
}
