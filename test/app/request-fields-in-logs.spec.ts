import {
  backend,
  LoggerBackend,
  MemoryBackend,
  type TrackerService,
  type EventFields,
  type RequestContextOptions,
} from 'nestjs-event-tracking';
import { LogFolder } from '../support/log-folder';
import { platforms, TestCase } from '../support/test-case';
import { CoursesController, contextOf, send, tracking, withGuard } from './request-parts';

describe('requestContext', () => {
  it('applies the limits of the tracker to values that are read at each emit', async () => {
    const limits = { maxTextLength: 60 };
    const guard = withGuard((request) => (request['user'] = { id: 7, username: 'x'.repeat(61) }));
    const run = await TestCase.of({ controllers: [CoursesController], ...guard })
      .tracking(tracking({ limits }))
      .start();
    await run.get('/courses/DemoX');
    expect(contextOf(run)).toMatchObject({ user_id: 7, username: '[Left out: text of 61 characters]' });
  });

  describe.each(platforms)('is the same in the line of a log and in the event, on %s:', (_platform, Adapter) => {
    const ann = { id: 7, username: 'ann' };
    it.each<[string, RequestContextOptions, (request: EventFields, tracker: TrackerService) => unknown]>([
      ['as it came', {}, () => undefined],
      ['with a user', {}, (request) => (request['user'] = ann)],
      ['with what JSON escapes', {}, (request) => (request['user'] = { id: 'a"b\\c', username: '\ud800é\u{1f600}' })],
      ['with fields renamed alike', { fields: { agent: 'from', referer: 'from', user_id: 'ip' } }, () => undefined],
      ['with a field less', { fields: { agent: false, request_id: false } }, (request) => (request['user'] = ann)],
      [
        'with what functions give',
        {
          fields: {
            at: () => new Date(0),
            list: () => [1, '"'],
            none: () => undefined,
            map: () => new Map([['a', 1n]]),
          },
        },
        () => undefined,
      ],
      ['with hashes', { hash: { fields: ['user_id', 'ip'], key: 'k' } }, (request) => (request['user'] = ann)],
      [
        'with a user that changes',
        {},
        (request, tracker) => {
          tracker.emit('before');
          request['user'] = ann;
          tracker.emit('after');
        },
      ],
      [
        'where it hides what holds for the process',
        {},
        (_request, tracker) => {
          tracker.emit('before');
          tracker.enterContext('more', { b: 2 });
        },
      ],
      ['with an entry', {}, (_request, tracker) => { tracker.enterContext('more', { agent: 'another', a: 1 }); }], // prettier-ignore
      [
        'inside of a scope that adds',
        {},
        (request, tracker) => {
          request['user'] = ann;
          tracker.context({ course_id: 'DemoX' }, () => {
            tracker.emit('inside');
          });
        },
      ],
      [
        'inside of a scope that hides',
        {},
        (request, tracker) => {
          request['user'] = ann;
          tracker.context({ user_id: 8, agent: null }, () => {
            tracker.emit('inside');
          });
        },
      ],
    ])('%s', async (kind, requestContext, act) => {
      const folder = new LogFolder();
      const log = backend(LoggerBackend, { path: folder.file(), sync: true });
      const guard = withGuard((request, tracker) => act(request, tracker as TrackerService));
      const run = await TestCase.of({ controllers: [CoursesController], ...guard })
        .on(Adapter)
        .tracking({ requestContext, backends: { log, sink: backend(MemoryBackend) } })
        .start();
      const hidden = kind.startsWith('where it hides') ? { path: '/' } : {};
      run.tracker.enterContext('process', { release: 'r "1"', ...hidden });
      await send(run, { path: '/courses/DemoX', headers: { 'user-agent': 'a "browser" \\', referer: 'http://é/' } });
      const written = folder.lines().map((line) => line.slice(line.indexOf('"context":'), line.indexOf(',"data":')));
      expect(written).toEqual(run.events().map(({ context }) => `"context":${JSON.stringify(context)}`));
      expect(written.at(-1)).toContain('"release":"r \\"1\\""');
    });
  });
});
