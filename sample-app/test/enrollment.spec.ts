import { RunningSample } from './support/running-sample';

const course = 'course-v1:edX+DemoX+2026';
const enrollment = `/courses/${course}/enrollment`;

describe('Enrolment', () => {
  let sample: RunningSample;
  beforeEach(async () => {
    sample = await RunningSample.of();
  });
  afterEach(() => sample.close());

  it('emits the event of the service inside its own context, then the event of the handler', async () => {
    const response = await sample.post(enrollment, { mode: 'verified' });

    expect(response.status).toBe(201);
    expect(response.body).toEqual({ id: 1, course_id: course, user_id: 101, mode: 'verified' });
    const tracked = sample.tracked();
    expect(tracked).toHaveTrackedOnly(['message.queued', 'edx.course.enrollment.activated']);
    expect(tracked).toHaveTracked('message.queued', { template: 'welcome-verified', channel: 'email' });
    const [queued, activated] = tracked;
    expect(queued!.context).toEqual({ ...activated!.context, enrollment_id: 1, mode: 'verified' });
    expect(activated).toEqual({
      name: 'edx.course.enrollment.activated',
      timestamp: expect.any(Date),
      id: expect.any(String),
      data: { course_id: course, user_id: 101, mode: 'verified' },
      context: {
        request_id: expect.any(String),
        ip: '127.0.0.1',
        host: sample.address.replace('http://', ''),
        method: 'POST',
        path: enrollment,
        user_id: 101,
        username: 'learner',
        course_id: course,
        org_id: 'edX',
      },
    });
  });

  it('emits the end of an enrolment as well', async () => {
    await sample.post(enrollment, { mode: 'audit' });

    const response = await sample.delete(enrollment);

    expect(response.status).toBe(200);
    const deactivated = sample.tracked('edx.course.enrollment.deactivated');
    expect(deactivated).toHaveTrackedOnly([
      { context: { method: 'DELETE', course_id: course, org_id: 'edX', user_id: 101 } },
    ]);
    expect(deactivated[0]!.data).toEqual({ course_id: course, user_id: 101, mode: 'audit' });
  });

  it('keeps the users of concurrent requests apart', async () => {
    await Promise.all(['learner', 'auditor', 'staff'].map((user) => sample.post(enrollment, { mode: 'honor' }, user)));

    expect(sample.tracked('message.queued')).toHaveTrackedOnly([
      { context: { username: 'auditor', user_id: 102 } },
      { context: { username: 'learner', user_id: 101 } },
      { context: { username: 'staff', user_id: 900 } },
    ]);
  });

  it.each([
    ['a second time', 409, 'you are enrolled in A Tour of Europe already', enrollment, { mode: 'audit' }, 'learner'],
    [
      'in a course that does not exist',
      404,
      'there is no course "no-such"; GET /courses lists them',
      '/courses/no-such/enrollment',
      { mode: 'audit' },
      'learner',
    ],
    [
      'in a mode that does not exist',
      400,
      'mode is "gold"; it can be audit, honor, verified',
      enrollment,
      { mode: 'gold' },
      'auditor',
    ],
    ['without a mode', 400, 'mode is missing; it can be audit, honor, verified', enrollment, {}, 'auditor'],
    [
      'with an array',
      400,
      'the body is []; send a JSON object, with content-type: application/json',
      enrollment,
      [],
      'auditor',
    ],
    [
      'without a body',
      400,
      'the body is missing; send a JSON object, with content-type: application/json',
      enrollment,
      undefined,
      'auditor',
    ],
    ['as nobody', 401, "say who you are: -H 'x-demo-user: learner'", enrollment, { mode: 'audit' }, ''],
    ['as a stranger', 401, 'x-demo-user can be learner, auditor, staff', enrollment, { mode: 'audit' }, 'stranger'],
  ])('emits nothing for one who enrols %s', async (_how, status, message, path, body, user) => {
    await sample.post(enrollment, { mode: 'audit' });
    const before = sample.tracked();

    const response = await sample.post(path, body, user);

    expect([response.status, response.body.message]).toEqual([status, message]);
    expect(sample.tracked()).toEqual(before);
  });
});
