import { CoursesService } from '../src/courses/courses.service';
import { videoPage } from '../src/video/video-page';
import { PlayerPage } from './support/player-page';
import { RunningSample } from './support/running-sample';

const europe = 'course-v1:edX+DemoX+2026';
const stars = 'course-v1:Observatory+Stars101+2026';

describe('Video', () => {
  let sample: RunningSample;
  beforeEach(async () => {
    sample = await RunningSample.start();
  });
  afterEach(() => sample.close());

  describe('POST /video-events', () => {
    it('records one event and adds the video of the course', async () => {
      const response = await sample.post('/video-events', { name: 'play_video', course_id: stars, currentTime: 4.5 });

      expect([response.status, response.body]).toEqual([202, { accepted: 1 }]);
      expect(sample.tracked()).toHaveTrackedOnly(
        'play_video',
        { id: 'finding-north', code: 'hls-1080p', duration: 95, currentTime: 4.5 },
        { course_id: stars, org_id: 'Observatory', user_id: 101, path: '/video-events' },
      );
    });

    it('gives each event of an array the context of its own course', async () => {
      const response = await sample.post('/video-events', [
        { name: 'pause_video', course_id: stars, currentTime: 10 },
        { name: 'seek_video', course_id: europe, old_time: 10, new_time: 0, type: 'onSlideSeek' },
        { name: 'stop_video', course_id: stars, currentTime: 95 },
      ]);

      expect([response.status, response.body]).toEqual([202, { accepted: 3 }]);
      expect(sample.tracked().map(({ name, context }) => [name, context.course_id, context.org_id])).toEqual([
        ['pause_video', stars, 'Observatory'],
        ['seek_video', europe, 'edX'],
        ['stop_video', stars, 'Observatory'],
      ]);
    });

    it('records the events of anonymous visitors without a user', async () => {
      await sample.post('/video-events', { name: 'play_video', course_id: europe, currentTime: 0 }, '');

      expect(sample.tracked()).toHaveTrackedOnly('play_video', {}, { course_id: europe, user_id: undefined });
    });

    it('drops unknown fields', async () => {
      await sample.post('/video-events', {
        name: 'play_video',
        course_id: europe,
        currentTime: 0,
        user_id: 1,
        id: 'x',
      });

      expect(sample.tracked()[0]!.data).toEqual({
        id: 'welcome-to-europe',
        code: 'hls-720p',
        duration: 180,
        currentTime: 0,
      });
    });

    const play = { name: 'play_video', course_id: europe, currentTime: 1 };
    it.each([
      [
        'a name that is not allowed',
        { ...play, name: 'edx.course.enrollment.activated' },
        'name is "edx.course.enrollment.activated". Use one of: play_video, pause_video, seek_video, stop_video.',
      ],
      ['an unknown course', { ...play, course_id: 'x' }, 'There is no course "x". GET /courses lists all courses.'],
      ['a negative time', { ...play, currentTime: -1 }, 'currentTime is -1. Send a number of seconds from 0 to 86400.'],
      [
        'a seek without its new position',
        { name: 'seek_video', course_id: europe, old_time: 0, type: 'onSkipSeek' },
        'new_time is missing. Send a number of seconds from 0 to 86400.',
      ],
      ['a number', [play, 7], '[1] is 7. Send a JSON object with content-type: application/json.'],
      [
        'an array with one bad event',
        [play, { ...play, currentTime: '2' }],
        '[1].currentTime is "2". Send a number of seconds from 0 to 86400.',
      ],
      [
        'an array with one unknown course',
        [play, { ...play, course_id: 'y' }],
        'There is no course "y". GET /courses lists all courses.',
      ],
      ['an empty array', [], 'The array has 0 events. Send 1 to 100 events per request.'],
      ['a very long array', new Array(101).fill(play), 'The array has 101 events. Send 1 to 100 events per request.'],
    ])('rejects %s and records nothing', async (_case, body, message) => {
      const response = await sample.post('/video-events', body);

      expect([response.status, response.body.message]).toEqual([400, message]);
      expect(sample.tracked()).toEqual([]);
    });
  });

  describe('GET /courses/:courseId/video', () => {
    const open = async () => {
      const response = await sample.get(`/courses/${europe}/video`);
      expect([response.status, response.type]).toEqual([200, 'text/html']);
      return new PlayerPage(response.text, sample.address);
    };

    it('posts the actions of the viewer in order, and the server records them', async () => {
      const page = await open();

      page.click('play');
      page.watch(12.3456);
      page.click('forward');
      page.click('pause');
      page.drag(175);
      page.click('play');
      page.watch(60);
      await page.idle();

      expect(sample.tracked().map(({ name, data: { id, code, duration, ...details } }) => [name, details])).toEqual([
        ['play_video', { currentTime: 0 }],
        ['seek_video', { old_time: 12.346, new_time: 22.346, type: 'onSkipSeek' }],
        ['pause_video', { currentTime: 22.346 }],
        ['seek_video', { old_time: 22.346, new_time: 175, type: 'onSlideSeek' }],
        ['play_video', { currentTime: 175 }],
        ['stop_video', { currentTime: 180 }],
      ]);
      expect(page.maxConcurrentRequests).toBe(1); // concurrent requests could arrive in another order
      expect(page.element('status').textContent).toBe('Recorded.');
      expect(page.element('sent').children).toHaveLength(6);
      expect(page.element('time').textContent).toBe('3:00 / 3:00');
    });

    it('limits the position to the video, and restarts from its end', async () => {
      const page = await open();

      page.click('back');
      page.drag(175);
      page.click('forward');
      page.click('forward');
      page.click('play');
      await page.idle();

      expect(sample.tracked().map(({ name, data }) => [name, data.new_time ?? data.currentTime])).toEqual([
        ['seek_video', 175],
        ['seek_video', 180],
        ['play_video', 0],
      ]);
    });

    it('posts as the selected user', async () => {
      const page = await open();

      page.element('user').value = 'staff';
      page.click('play');
      await page.idle();

      expect(sample.tracked()).toHaveTracked('play_video', {}, { username: 'staff', course_id: europe });
    });

    it('shows why an event was not recorded', async () => {
      const page = await open();

      page.element('user').value = 'unknown';
      page.click('play');
      await page.idle();

      expect(page.element('status').textContent).toBe(
        'Not recorded: The header x-demo-user names no known user. Use one of: learner, auditor, staff.',
      );
    });

    it('answers 404 for a course that does not exist', async () => {
      const response = await sample.get('/courses/none/video');

      expect([response.status, response.body.message]).toEqual([
        404,
        'There is no course "none". GET /courses lists all courses.',
      ]);
    });

    it('escapes HTML in ids and titles', () => {
      const course = new CoursesService().get(europe);

      const page = videoPage({ ...course, id: '</script><script>', title: '<b>&"' });

      expect(page).toContain('<h1>&#60;b&#62;&#38;&#34;</h1>');
      expect(page.match(/<script/g)).toHaveLength(2);
    });
  });
});
