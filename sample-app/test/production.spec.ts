import type * as Support from './support/running-sample';
import type { RunningSample } from './support/running-sample';

describe('With NODE_ENV=production', () => {
  const environment = process.env.NODE_ENV;
  let sample: RunningSample;

  // Modules read NODE_ENV while they are loaded, so it is set before the application is loaded.
  beforeAll(async () => {
    process.env.NODE_ENV = 'production';
    sample = await jest.requireActual<typeof Support>('./support/running-sample').RunningSample.start();
  }, 60_000);
  afterAll(async () => {
    await sample.close();
    process.env.NODE_ENV = environment;
  });

  it('only staff can open the explorer, and use its actions', async () => {
    const statusOf = async (path: string, user: string) => (await sample.get(path, user)).status;
    for (const user of ['', 'learner']) {
      for (const path of [
        '/tracking',
        '/tracking/',
        '/tracking/api/info',
        '/tracking/api/stream',
        '/tracking/assets/a',
      ]) {
        expect([path, user, await statusOf(path, user)]).toEqual([path, user, 403]);
      }
    }

    const { body } = await sample.get('/tracking/api/info', 'staff');

    expect(body).toMatchObject({ actions: { redrive: true, purge: true } });
    const post = (user: string) =>
      sample.post('/tracking/api/dead-letters/redrive', { all: true, dryRun: true }, user, {
        'x-tracking-explorer': '1',
      });
    expect([(await post('learner')).status, (await post('staff')).status]).toEqual([403, 200]);
  });

  it('has no routes that emit wrong events or break the partner', async () => {
    expect((await sample.post('/demo/drift')).status).toBe(404);
    expect((await sample.post('/demo/partner/answer', { status: 503 })).status).toBe(404);
    expect((await sample.get('/demo/partner')).body).toEqual({ status: 200, received: [] });
  });
});
