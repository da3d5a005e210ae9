import { shownUrl } from '../../../src/backends/http/shown-url';

describe('A URL in a log', () => {
  it.each([
    ['https://lrs.example:8443/xapi/v1/statements', 'https://lrs.example:8443/xapi/v1/statements'],
    ['http://127.0.0.1:9/data-plane/track.json', 'http://127.0.0.1:9/data-plane/track.json'],
    ['http://127.0.0.1:9', 'http://127.0.0.1:9/'],
    ['https://user:hunter2@lrs.example/a?key=hunter2#hunter2', 'https://lrs.example/a'],
    ['https://hooks.example/services/T024BE7LD/B0/9xK3vQ27mZ0xR8tW', 'https://hooks.example/services/…/B0/…'],
    ['/moved/9xK3vQ27mZ0xR8tW?key=hunter2', '/moved/…'],
    ['user:hunter2@elsewhere', 'user://…'],
  ])('%s is shown without what may be a secret', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });
});
