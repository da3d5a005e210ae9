import { RunningSample } from './support/running-sample';

const course = 'course-v1:edX+DemoX+2026';
const enrollment = `/courses/${course}/enrollment`;

describe('Enrolment', () => {
  let sample: RunningSample;
  beforeEach(async () => {
    sample = await RunningSample.start();
  });
  afterEach(() => sample.close());

  it('emits the event of the service in the context of the enrolment, then the event of the enrolment', async () => {
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

  it('emits an event when a learner leaves a course', async () => {
    await sample.post(enrollment, { mode: 'audit' });

    const response = await sample.delete(enrollment);

    expect(response.status).toBe(200);
    const deactivated = sample.tracked('edx.course.enrollment.deactivated');
    expect(deactivated).toHaveTrackedOnly([
      { context: { method: 'DELETE', course_id: course, org_id: 'edX', user_id: 101 } },
    ]);
    expect(deactivated[0]!.data).toEqual({ course_id: course, user_id: 101, mode: 'audit' });
  });

  it('gives each of several concurrent requests its own user', async () => {
    await Promise.all(['learner', 'auditor', 'staff'].map((user) => sample.post(enrollment, { mode: 'honor' }, user)));

    expect(sample.tracked('message.queued')).toHaveTrackedOnly([
      { context: { username: 'auditor', user_id: 102 } },
      { context: { username: 'learner', user_id: 101 } },
      { context: { username: 'staff', user_id: 900 } },
    ]);
  });

  it.each([
    ['a second time', 409, 'You are already enrolled in A Tour of Europe.', enrollment, { mode: 'audit' }, 'learner'],
    [
      'in a course that does not exist',
      404,
      'There is no course "no-such". GET /courses lists all courses.',
      '/courses/no-such/enrollment',
      { mode: 'audit' },
      'learner',
    ],
    [
      'in a mode that does not exist',
      400,
      'mode is "gold". Use one of: audit, honor, verified.',
      enrollment,
      { mode: 'gold' },
      'auditor',
    ],
    ['without a mode', 400, 'mode is missing. Use one of: audit, honor, verified.', enrollment, {}, 'auditor'],
    [
      'with an array',
      400,
      'body is []. Send a JSON object with content-type: application/json.',
      enrollment,
      [],
      'auditor',
    ],
    [
      'without a body',
      400,
      'body is missing. Send a JSON object with content-type: application/json.',
      enrollment,
      undefined,
      'auditor',
    ],
    [
      'without a user',
      401,
      'This route needs a user. Send a header, for example x-demo-user: learner.',
      enrollment,
      { mode: 'audit' },
      '',
    ],
    [
      'as an unknown user',
      401,
      'The header x-demo-user names no known user. Use one of: learner, auditor, staff.',
      enrollment,
      { mode: 'audit' },
      'stranger',
    ],
  ])('emits nothing for an enrolment %s', async (_case, status, message, path, body, user) => {
    await sample.post(enrollment, { mode: 'audit' });
    const before = sample.tracked();

    const response = await sample.post(path, body, user);

    expect([response.status, response.body.message]).toEqual([status, message]);
    expect(sample.tracked()).toEqual(before);
  });
});
