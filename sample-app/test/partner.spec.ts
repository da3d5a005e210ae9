import { TrackingDeadLetters, TrackingLedger, type DestinationCounts } from 'nestjs-event-tracking';
import { until } from '../../test/support/until';
import type { PartnerEnrolment, PartnerStatus } from '../src/partner/partner.service';
import { RunningSample } from './support/running-sample';

const enrollment = '/courses/course-v1:edX+DemoX+2026/enrollment';

describe('The partner', () => {
  let sample: RunningSample;
  beforeEach(async () => {
    sample = await RunningSample.start();
  });
  afterEach(() => sample.close());

  const answer = (status: PartnerStatus) => sample.post('/demo/partner/answer', { status });
  const received = async () =>
    ((await sample.get('/demo/partner')).body as { received: PartnerEnrolment[] }).received.map(({ id }) => id);
  const emitted = () => sample.tracked(/^edx\.course\.enrollment\./).map(({ id }) => id);
  const counts = () => sample.app.get(TrackingLedger).node('partner')!.delivery as DestinationCounts;
  const untilCounts = (isSo: (delivery: DestinationCounts) => boolean) =>
    until(
      () => isSo(counts()),
      () => JSON.stringify(counts()),
    );
  /** Emits more events than four batches hold. */
  const enrolOften = async () => {
    for (let i = 0; i < 24; i++) {
      await sample.post(enrollment, { mode: 'audit' }, 'auditor');
      await sample.delete(enrollment, 'auditor');
    }
  };

  it('receives every enrolment with the id of its event', async () => {
    await sample.post(enrollment, { mode: 'verified' });
    await sample.delete(enrollment);
    await untilCounts(({ delivered }) => delivered === 2);

    const { status, body } = await sample.get('/demo/partner');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 200,
      received: [
        { name: 'edx.course.enrollment.activated', user_id: 101, mode: 'verified' },
        { name: 'edx.course.enrollment.deactivated', user_id: 101, mode: 'verified' },
      ],
    });
    expect(await received()).toEqual(emitted());
  });

  it('receives the last enrolment before the application has closed', async () => {
    await sample.post(enrollment, { mode: 'audit' });

    await sample.app.close();

    expect(counts()).toMatchObject({ accepted: 1, delivered: 1, pending: 0 });
  });

  it('opens the circuit breaker with 503, and gets every waiting event with 200', async () => {
    expect((await answer(503)).body).toEqual({ status: 503 });
    await enrolOften();
    await untilCounts(({ breaker }) => breaker === 'open');
    expect(counts()).toMatchObject({ delivered: 0, deadLettered: 0, pending: 48 });

    await answer(200);
    await untilCounts(({ pending }) => pending === 0);

    expect(counts()).toMatchObject({ delivered: 48, deadLettered: 0, breaker: 'closed' });
    expect((await received()).sort()).toEqual(emitted().sort());
  });

  it('makes dead letters with 400, which you can redrive with 200', async () => {
    const letters = sample.app.get(TrackingDeadLetters);
    await answer(400);
    await sample.post(enrollment, { mode: 'honor' });
    await untilCounts(({ deadLettered }) => deadLettered === 1);
    const [letter] = letters.list();
    expect(letter).toMatchObject({ path: 'partner', reason: 'refused: course is not in the contract' });

    await answer(200);
    await letters.redrive({ path: 'partner' });
    await untilCounts(({ delivered }) => delivered === 1);

    expect(await received()).toEqual(emitted());
  });

  it.each([
    ['another status', '/demo/partner/answer', { status: 500 }, 'status is 500. Use one of: 200, 400, 503.'],
    ['no status', '/demo/partner/answer', {}, 'status is missing. Use one of: 200, 400, 503.'],
    ['no array', '/demo/partner', { id: 'a' }, 'Send an array of enrolments.'],
    ['no id', '/demo/partner', [{}], '[0].id is missing. Send a string of 1 to 200 characters.'],
  ])('rejects a body with %s', async (_case, path, body, message) => {
    const response = await sample.post(path, body);

    expect([response.status, response.body.message]).toEqual([400, message]);
  });
});
