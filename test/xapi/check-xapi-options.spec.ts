import { TrackingConfigException } from 'nestjs-event-tracking';
import { XapiBackend } from 'nestjs-event-tracking/xapi';

describe('XapiBackend', () => {
  it('reports all errors in its options, without a credential', () => {
    const options = { url: 'lrs', auth: { username: 'u', token: 'hush' }, cache: { ttlMs: -1 }, batch: 1 };
    const make = () => new XapiBackend(options as never);
    expect(make).toThrow(TrackingConfigException);
    for (const part of ['url', 'rootUrl', 'auth', 'cache.ttlMs', 'batch']) expect(make).toThrow(part);
    expect(make).not.toThrow('hush');
  });
});
