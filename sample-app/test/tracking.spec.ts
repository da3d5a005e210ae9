import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { NodeCounts } from 'nestjs-event-tracking';
import { parseLines, RunningSample } from './support/running-sample';

const course = 'course-v1:edX+DemoX+2026';
const play = { name: 'play_video', course_id: course, currentTime: 0 };

describe('Tracking', () => {
  let sample: RunningSample;
  afterEach(() => sample.close());

  it('writes the events of GET /events to the log, one line of JSON each', async () => {
    sample = await RunningSample.start();
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

  it('writes the last events to the log before the application has closed', async () => {
    sample = await RunningSample.start();
    await sample.post('/video-events', play);

    await sample.app.close();

    expect(parseLines(await readFile(sample.log, 'utf8')).map(({ name }) => name)).toEqual(['play_video']);
  });

  it('removes the query of the referring page', async () => {
    sample = await RunningSample.start();
    await sample.post('/video-events', play, 'learner', { referer: 'https://learn.example/video?token=secret#t=3' });

    expect(await sample.logged()).toHaveTrackedOnly('play_video', {}, { referer: 'https://learn.example/video' });
  });

  it('filters events by name, and rejects two names', async () => {
    sample = await RunningSample.start();
    await sample.post('/video-events', [play, { ...play, name: 'pause_video' }, play]);

    expect(await sample.events('play_video')).toHaveLength(2);
    expect(await sample.events('no_such')).toEqual([]);
    const response = await sample.get('/events?name=a&name=b');
    expect([response.status, response.body.message]).toEqual([
      400,
      'The parameter name appears more than once. Send it once, or omit it to list all events.',
    ]);
  });

  it('shows balanced counters for every node', async () => {
    sample = await RunningSample.start();
    await sample.post('/video-events', [play, { ...play, name: 'pause_video' }]);
    await sample.post(`/courses/${course}/problems/capital/check`, { answer: 'Paris' });
    await sample.logged();

    const { nodes } = (await sample.get('/ledger')).body as { nodes: NodeCounts[] };

    const counters = Object.fromEntries(nodes.map((node) => [node.path, node]));
    expect(Object.keys(counters).sort()).toEqual([
      '',
      'grading',
      'grading/recent',
      'partner',
      'recent',
      'reports',
      'reports/log',
      'reports/recent',
      'tracking_logs',
      'video_plays',
    ]);
    expect(counters['']).toMatchObject({ received: 4, passed: 4, dropped: {}, failures: {} });
    expect(counters.grading).toMatchObject({ received: 4, passed: 2 });
    expect(counters['grading/recent']).toMatchObject({ received: 2, passed: 2 });
    expect(counters.video_plays).toMatchObject({ received: 4, passed: 1 });
    for (const { received, passed, dropped } of nodes) {
      expect(received).toBe(Object.values(dropped).reduce((sum, count) => sum + count, passed));
    }
    expect(counters.tracking_logs!.delivery).toMatchObject({ accepted: 4, delivered: 4, pending: 0 });
  });

  it('serves all routes and records nothing while tracking is switched off', async () => {
    sample = await RunningSample.start({ enabled: false });

    const responses = [
      await sample.post(`/courses/${course}/enrollment`, { mode: 'audit' }),
      await sample.post(`/courses/${course}/problems/capital/check`, { answer: 'Paris' }),
      await sample.post('/video-events', play),
      await sample.post('/jobs/nightly'),
      await sample.get('/ledger'),
      await sample.delete(`/courses/${course}/enrollment`),
    ];

    expect(responses.map(({ status }) => status)).toEqual([201, 200, 202, 200, 200, 200]);
    expect(await sample.events()).toEqual([]);
    expect((await sample.get('/events/grading')).body).toEqual([]);
    await sample.app.close();
    expect(existsSync(sample.log)).toBe(false);
  });
});
