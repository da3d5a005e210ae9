import { RunningSample } from './support/running-sample';

describe('Courses', () => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await RunningSample.start();
  });
  afterAll(() => sample.close());

  it('are listed', async () => {
    expect((await sample.get('/courses')).body).toEqual([
      { id: 'course-v1:edX+DemoX+2026', org: 'edX', title: 'A Tour of Europe' },
      { id: 'course-v1:Observatory+Stars101+2026', org: 'Observatory', title: 'Reading the Night Sky' },
    ]);
  });

  it('are shown without the answers to their problems', async () => {
    expect((await sample.get('/courses/course-v1:Observatory+Stars101+2026')).body).toEqual({
      id: 'course-v1:Observatory+Stars101+2026',
      org: 'Observatory',
      title: 'Reading the Night Sky',
      video: { id: 'finding-north', code: 'hls-1080p', duration: 95 },
      problems: [{ id: 'north', question: 'Which star marks north?', max_attempts: 3, weight: 1 }],
    });
  });

  it('answer 404 for an unknown id', async () => {
    const { status, body } = await sample.get('/courses/none');
    expect([status, body.message]).toEqual([404, 'There is no course "none". GET /courses lists all courses.']);
  });
});
