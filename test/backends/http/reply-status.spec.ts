import { statusFailure } from '../../../src/backends/http/reply-status';

const failure = (status: number, headers: Record<string, string> = {}) =>
  statusFailure(status, headers, 'http://host/');

describe('statusFailure', () => {
  it.each([200, 201, 202, 204, 299])('is undefined for %i: the events were accepted', (status) => {
    expect(failure(status)).toBeUndefined();
  });

  it.each([400, 409, 413, 414, 422])('is final for %i, which concerns the events', (status) => {
    expect(failure(status, { 'retry-after': '5' })).toEqual({
      reason: expect.stringMatching(new RegExp(`^http://host/ answered ${String(status)} \\(.+\\)$`)) as string,
      retryable: false,
    });
  });

  it.each([408, 421, 423, 424, 425, 429, 500, 501, 503, 599])('is retryable for %i, without a fix', (status) => {
    const { reason, retryable } = failure(status)!;
    expect(retryable).toBe(true);
    expect(reason).toMatch(/\)$/);
  });

  it.each([
    [401, 'check the credentials in `headers` or in the url'],
    [404, 'check the path of the url'],
    [407, 'check the credentials for the proxy in `agent`'],
    [418, 'check the url and `headers`'],
    [101, 'check the url and `headers`'],
    [304, 'check the url'],
  ])('is retryable for %i, and says: %s', (status, fix) => {
    expect(failure(status)).toMatchObject({ retryable: true, reason: expect.stringMatching(`: ${fix}$`) as string });
  });

  it('shows where a redirect leads, without secrets', () => {
    const { reason, retryable } = failure(302, { location: 'https://user:secret@other/path?key=secret' })!;
    expect(retryable).toBe(true);
    expect(reason).toContain('redirects are not followed; give the new url, https://');
    expect(reason).not.toContain('secret');
  });

  it('waits as long as the server asks for', () => {
    expect(failure(429, { 'retry-after': '5' })!.retryAfterMs).toBe(5000);
    expect(failure(503, { 'retry-after': '5' })!.retryAfterMs).toBe(5000);
    expect(failure(401, { 'retry-after': '5' })!.retryAfterMs).toBe(5000);
    expect(failure(503)!.retryAfterMs).toBeUndefined();
  });

  it('names a status that no standard knows', () => {
    expect(failure(599)!.reason).toBe('http://host/ answered 599 (an unknown status)');
  });
});
