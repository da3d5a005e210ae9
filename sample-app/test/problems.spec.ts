import { RunningSample, type LoggedEvent } from './support/running-sample';

const course = 'course-v1:edX+DemoX+2026';
const check = (problem: string) => `/courses/${course}/problems/${problem}/check`;

describe('Problem check', () => {
  let sample: RunningSample;
  beforeEach(async () => {
    sample = await RunningSample.start();
  });
  afterEach(() => sample.close());

  it('emits the answer, its result and the number of attempts', async () => {
    await sample.post(check('rivers'), { answer: 'Rhine' });
    const response = await sample.post(check('rivers'), { answer: ' danube ' });

    expect(response.status).toBe(200);
    const [wrong, right, ...others] = sample.tracked('problem_check');
    expect(others).toEqual([]);
    expect(wrong!.data).toEqual({
      problem_id: 'rivers',
      answers: { rivers: 'Rhine' },
      success: 'incorrect',
      correct_map: { rivers: { correctness: 'incorrect' } },
      attempts: 1,
      grade: 0,
      max_grade: 2,
    });
    expect(right!.data).toEqual({
      problem_id: 'rivers',
      answers: { rivers: ' danube ' },
      success: 'correct',
      correct_map: { rivers: { correctness: 'correct' } },
      attempts: 2,
      grade: 2,
      max_grade: 2,
    });
    expect(right!.context).toMatchObject({
      user_id: 101,
      username: 'learner',
      course_id: course,
      org_id: 'edX',
      module: { usage_key: 'rivers' },
      path: check('rivers'),
    });
  });

  it('emits only a failed check when no attempts are left', async () => {
    await sample.post(check('rivers'), { answer: 'Rhine' });
    await sample.post(check('rivers'), { answer: 'Seine' });

    const response = await sample.post(check('rivers'), { answer: 'Danube' });

    expect([response.status, response.body.message]).toEqual([409, 'No attempts are left for this problem.']);
    const tracked = sample.tracked();
    expect(tracked).toHaveTrackedTimes('problem_check', 2);
    expect(tracked).toHaveTrackedTimes('problem_check_fail', 1);
    expect(tracked).toHaveTracked(
      'problem_check_fail',
      {},
      { user_id: 101, course_id: course, module: { usage_key: 'rivers' } },
    );
    expect(tracked.at(-1)!.data).toEqual({
      problem_id: 'rivers',
      answers: { rivers: 'Danube' },
      failure: 'No attempts are left for this problem.',
    });
  });

  it('counts the attempts of each user separately', async () => {
    await sample.post(check('capital'), { answer: 'Lyon' });
    await sample.post(check('capital'), { answer: 'Paris' }, 'auditor');

    expect(sample.tracked('problem_check')).toHaveTrackedOnly([
      { data: { attempts: 1 }, context: { username: 'learner' } },
      { data: { attempts: 1 }, context: { username: 'auditor' } },
    ]);
  });

  it.each([
    ['no answer', {}, 'answer is missing. Send a string of 1 to 200 characters.'],
    ['a number', { answer: 7 }, 'answer is 7. Send a string of 1 to 200 characters.'],
    [
      'an answer that is too long',
      { answer: 'x'.repeat(201) },
      `answer is "${'x'.repeat(39)}…. Send a string of 1 to 200 characters.`,
    ],
  ])('rejects %s before the handler, and emits neither event', async (_case, body, message) => {
    const response = await sample.post(check('capital'), body);

    expect([response.status, response.body.message]).toEqual([400, message]);
    expect(sample.tracked()).toEqual([]);
  });

  it('passes only checks and grades to the grading branch', async () => {
    await sample.post(`/courses/${course}/enrollment`, { mode: 'audit' });
    await sample.post(check('capital'), { answer: 'Paris' });
    await sample.post(check('unknown'), { answer: 'Paris' });

    const events = (await sample.get('/events/grading')).body as LoggedEvent[];

    expect(events.map(({ name }) => name)).toEqual([
      'edx.grades.problem.submitted',
      'problem_check',
      'problem_check_fail',
    ]);
    expect(events[0]!.data).toEqual({ problem_id: 'capital', weight: 1, weighted_earned: 1, weighted_possible: 1 });
    expect(sample.tracked()).toHaveLength(5);
  });
});
