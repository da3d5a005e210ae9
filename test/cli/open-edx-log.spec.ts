import { CommandFolder } from './validate/command-run';

const TIME = '2026-11-01T12:00:00.123456+00:00';

/** Lines in the forms that occur in the tracking log of a platform; the values are made up. */
function line(at: number): string {
  const shared = {
    ...{ username: `learner${String(at)}`, session: 'f'.repeat(32), ip: '192.0.2.7', agent: 'Mozilla/5.0' },
    ...{ host: 'lms.example.org', referer: 'https://lms.example.org/', accept_language: 'en', time: TIME },
  };
  const context = { course_id: 'course-v1:x+y+z', org_id: 'x', user_id: at, path: '/event' };
  const kinds = [
    {
      ...{ name: 'play_video', event_type: 'play_video', event_source: 'browser', page: 'https://lms.example.org/a' },
      event: JSON.stringify({ id: 'v1', currentTime: at / 3, code: 'html5' }),
    },
    {
      ...{ name: 'edx.course.enrollment.activated', event_type: 'edx.course.enrollment.activated', page: null },
      ...{ event_source: 'server', event: { course_id: 'course-v1:x+y+z', mode: 'audit', user_id: at } },
    },
    { event_type: '/courses/x/about', event_source: 'server', page: null, event: '{"POST": {}, "GET": {"q": ["a"]}}' },
    { name: 'problem_check', event_type: 'problem_check', event_source: 'browser', page: 'x', event: 'input_1=a' },
    { name: 'seq_goto', event_type: 'seq_goto', event_source: 'browser', page: 'x', event: '' },
  ];
  const text = JSON.stringify({ ...shared, context, ...kinds[at % kinds.length] });
  const written = at % 7 === 0 ? text.replace('"path":"/event"', '"path": NaN') : text;
  return at % 2 === 0
    ? written
    : `2026-11-01 12:00:00,123 INFO ${String(at)} [tracking] [user None] logger.py:41 - ${written}`;
}

describe('eventOfLine: the tracking log of Open edX', () => {
  it('makes a draft under which it has no violation', async () => {
    const folder = new CommandFolder();
    try {
      folder.write('tracking.log', Array.from({ length: 100 }, (_, at) => line(at)).join('\n'));
      const { code, err } = await folder.run('infer', 'tracking.log', '--out', 'catalog.ts');
      expect(code).toBe(0);
      expect(err).toContain('100 lines: 100 events of 5 names, 0 broken lines, 0 lines of other JSON.');
      const { out } = await folder.run('validate', 'tracking.log', '--catalog', 'catalog.ts', '--json');
      expect(JSON.parse(out)).toMatchObject({ events: 100, broken: 0, wrongEvents: 0, neverSeen: [] });
    } finally {
      folder.remove();
    }
  }, 120_000);
});
