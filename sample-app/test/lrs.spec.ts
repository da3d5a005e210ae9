import { describeWithServices } from '../../test/support/services';
import { statementsOf } from '../../test/xapi/ralph';
import type { RunningSample } from './support/running-sample';

const course = 'course-v1:edX+DemoX+2026';
const learn = 'https://learn.example';

describeWithServices(['lrs'], 'With LRS_URL', ({ lrs }) => {
  let before: string | undefined;

  beforeEach(() => {
    before = process.env.LRS_URL;
    process.env.LRS_URL = lrs;
    jest.resetModules(); // the tree is built when its file is loaded
  });
  afterEach(() => {
    if (before === undefined) delete process.env.LRS_URL;
    else process.env.LRS_URL = before;
  });

  it('the sample sends statements of what learners do to the LRS', async () => {
    const sample = await jest
      .requireActual<{ RunningSample: typeof RunningSample }>('./support/running-sample')
      .RunningSample.start();
    await sample.post(`/courses/${course}/enrollment`, { mode: 'audit' });
    await sample.post(`/courses/${course}/problems/capital/check`, { answer: 'Paris' });
    const sent = new Map(sample.tracked().map(({ id, name }) => [id, name]));
    await sample.close(); // all statements are delivered by then
    const statements = (await statementsOf(lrs, '101', learn)).filter(({ id }) => sent.has(id));

    expect(
      statements.map(({ id, verb, object }) => [sent.get(id), verb.display, (object as { id: string }).id]),
    ).toEqual(
      expect.arrayContaining([
        ['message.queued', { en: 'received' }, `${learn}/messages/welcome-audit`],
        ['edx.course.enrollment.activated', { en: 'registered' }, `${learn}/course/${course}`],
        ['edx.grades.problem.submitted', { en: 'attempted' }, `${learn}/xblock/capital`],
        ['problem_check', { en: 'evaluated' }, `${learn}/xblock/capital`],
      ]),
    );
    expect(statements).toHaveLength(4);
    const enrollment = statements.find(({ verb }) => verb.display?.['en'] === 'registered');
    expect(enrollment?.object).toMatchObject({ definition: { name: { en: 'A Tour of Europe' } } });
  });
});
