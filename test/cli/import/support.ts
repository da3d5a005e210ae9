/** Lines in the forms that an import reads; the values are made up. */
export function platformLine(at: number, more: object = {}): string {
  return JSON.stringify({
    ...{
      name: at % 2 === 0 ? 'play_video' : 'problem_check',
      username: `learner${String(at)}`,
      session: '',
      ip: '192.0.2.1',
    },
    context: { course_id: `course-v1:Campus+BIO+${String(at % 3)}`, user_id: at, path: '/event' },
    event: at % 2 === 0 ? JSON.stringify({ id: 'v', currentTime: at }) : { attempts: at },
    time: new Date(Date.UTC(2025, 0, 1) + at * 60_000).toISOString().replace('Z', '123+00:00'),
    ...{ event_type: at % 2 === 0 ? 'play_video' : 'problem_check', event_source: 'server', page: null },
    ...more,
  });
}

export const platformLines = (count: number): string =>
  Array.from({ length: count }, (_, at) => `${platformLine(at)}\n`).join('');

/** A log as chunks, like a stream gives it. */
export function chunksOf(text: string, size = 50_000): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
}
