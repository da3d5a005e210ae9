import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { NodeCounts } from 'nestjs-event-tracking';
import { parseLines, RunningSample } from './support/running-sample';

const course = 'course-v1:edX+DemoX+2026';
const play = { name: 'play_video', course_id: course, currentTime: 0 };

describe('Tracking', () => {
  let sample: RunningSample;
  afterEach(() => sample.close());

  it('writes to the log, one JSON line each, what GET /events shows', async () => {
    sample = await RunningSample.of();
    await sample.post(`/courses/${course}/enrollment`, { mode: 'honor' });
    await sample.post(`/courses/${course}/problems/capital/check`, { answer: 'a\n"line"\u2028' });
    await sample.post('/jobs/nightly');

    const lines = await sample.logged();

    expect(lines.map(({ name }) => name)).toEqual([
      'message.queued',
      'edx.course.enrollment.activated',
      'edx.grades.problem.submitted',
      'problem_check',
      'nightly.course_summary',
      'nightly.course_summary',
      'nightly.finished',
    ]);
    expect(lines).toEqual(await sample.events());
    expect(lines).toEqual(JSON.parse(JSON.stringify(sample.tracked())));
    expect(Object.keys(lines[0]!)).toEqual(['name', 'timestamp', 'id', 'context', 'data']);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
  });

  it('has the last events in the log once the application is closed', async () => {
    sample = await RunningSample.of();
    await sample.post('/video-events', play);

    await sample.app.close();

    expect(parseLines(await readFile(sample.log, 'utf8')).map(({ name }) => name)).toEqual(['play_video']);
  });

  it('keeps the query of the page out of the log', async () => {
    sample = await RunningSample.of();
    await sample.post('/video-events', play, 'learner', { referer: 'https://learn.example/video?token=secret#t=3' });

    expect(await sample.logged()).toHaveTrackedOnly('play_video', {}, { referer: 'https://learn.example/video' });
  });

  it('shows the events of one name, and refuses two', async () => {
    sample = await RunningSample.of();
    await sample.post('/video-events', [play, { ...play, name: 'pause_video' }, play]);

    expect(await sample.events('play_video')).toHaveLength(2);
    expect(await sample.events('no_such')).toEqual([]);
    const response = await sample.get('/events?name=a&name=b');
    expect([response.status, response.body.message]).toEqual([
      400,
      'name is given more than once; ask for one name, or for none to see all',
    ]);
  });

  it('shows books that balance for every node', async () => {
    sample = await RunningSample.of();
    await sample.post('/video-events', [play, { ...play, name: 'pause_video' }]);
    await sample.post(`/courses/${course}/problems/capital/check`, { answer: 'Paris' });
    await sample.logged();

    const { nodes } = (await sample.get('/ledger')).body as { nodes: NodeCounts[] };

    const books = Object.fromEntries(nodes.map((node) => [node.path, node]));
    expect(Object.keys(books).sort()).toEqual([
      '',
      'grading',
      'grading/recent',
      'recent',
      'reports',
      'reports/log',
      'reports/recent',
      'tracking_logs',
      'video_plays',
    ]);
    expect(books['']).toMatchObject({ received: 4, passed: 4, dropped: {}, failures: {} });
    expect(books.grading).toMatchObject({ received: 4, passed: 2 });
    expect(books['grading/recent']).toMatchObject({ received: 2, passed: 2 });
    expect(books.video_plays).toMatchObject({ received: 4, passed: 1 });
    for (const { received, passed, dropped } of nodes) {
      expect(received).toBe(Object.values(dropped).reduce((sum, count) => sum + count, passed));
    }
    expect(books.tracking_logs!.delivery).toMatchObject({ accepted: 4, delivered: 4, pending: 0 });
  });

  it('serves everyone and records nothing when it is switched off', async () => {
    sample = await RunningSample.of({ enabled: false });

    const answers = [
      await sample.post(`/courses/${course}/enrollment`, { mode: 'audit' }),
      await sample.post(`/courses/${course}/problems/capital/check`, { answer: 'Paris' }),
      await sample.post('/video-events', play),
      await sample.post('/jobs/nightly'),
      await sample.get('/ledger'),
      await sample.delete(`/courses/${course}/enrollment`),
    ];

    expect(answers.map(({ status }) => status)).toEqual([201, 200, 202, 200, 200, 200]);
    expect(await sample.events()).toEqual([]);
    expect((await sample.get('/events/grading')).body).toEqual([]);
    await sample.app.close();
    expect(existsSync(sample.log)).toBe(false);
  });
});
