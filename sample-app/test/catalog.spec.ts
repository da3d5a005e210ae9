import { RunningSample } from './support/running-sample';

const course = 'course-v1:edX+DemoX+2026';

describe('The catalog of the sample', () => {
  it('documents exactly the events that the application emits', async () => {
    const sample = await RunningSample.start();
    await sample.post(`/courses/${course}/enrollment`, { mode: 'honor' });
    await sample.delete(`/courses/${course}/enrollment`);
    await sample.post(`/courses/${course}/problems/capital/check`, { answer: 'Paris' });
    await sample.post(`/courses/${course}/problems/none/check`, { answer: 'Paris' });
    const [play, pause, stop] = ['play_video', 'pause_video', 'stop_video'].map((name) => ({
      name,
      course_id: course,
      currentTime: 1,
    }));
    const seek = { name: 'seek_video', course_id: course, old_time: 1, new_time: 2, type: 'onSkipSeek' };
    await sample.post('/video-events', [play, pause, stop, seek]);
    await sample.post('/jobs/nightly');

    expect((await sample.get('/coverage')).body).toMatchObject({ undocumented: [], unseen: [], others: 0 });
    expect((await sample.get('/violations')).body).toEqual([]);
    await sample.close();
  });

  it('reports an event that violates it, with the line that emits the event', async () => {
    const sample = await RunningSample.start({ allowsViolations: true });
    await sample.post('/demo/drift');
    await sample.post('/demo/drift');

    const location = expect.stringMatching(/sample-app\/src\/tracking\/drift\.controller\.ts:\d+$/);
    expect((await sample.get('/violations')).body).toEqual([
      expect.objectContaining({
        kind: 'required-missing',
        event: 'message.queued',
        path: 'data.channel',
        count: 2,
        location,
      }),
      expect.objectContaining({
        kind: 'additional-property',
        event: 'message.queued',
        path: 'data.*',
        message: 'is not declared; perhaps "channel" is meant',
        count: 2,
        location,
      }),
    ]);
    expect(sample.tracked('message.queued')).toHaveLength(2);
    await sample.close();
  });
});
