import type { ExecutionContext } from '@nestjs/common';
import { ActionGuard } from '../../src/explorer/action-guard';
import { LocalGuard } from '../../src/explorer/local-guard';

/** Context of a request, as an adapter gives it. */
function contextOf(headers: Record<string, string>, remoteAddress = '127.0.0.1', isFastify = false): ExecutionContext {
  const request = { headers, socket: { remoteAddress } };
  const given = isFastify ? { headers, raw: request } : request;
  return { switchToHttp: () => ({ getRequest: () => given }) } as unknown as ExecutionContext;
}

describe('LocalGuard', () => {
  const allows = (headers: Record<string, string>, address?: string, isFastify = false): boolean => {
    try {
      return new LocalGuard().canActivate(contextOf({ host: 'localhost:3000', ...headers }, address, isFastify));
    } catch {
      return false;
    }
  };

  it.each([
    ['127.0.0.1', 'localhost:3000', true],
    ['127.8.8.8', '127.0.0.1', true],
    ['::1', '[::1]:3000', true],
    ['::ffff:127.0.0.1', 'app.localhost:3000', true],
    ['10.0.0.7', 'localhost', false],
    ['', 'localhost', false],
    ['127.0.0.1', 'tracking.example.com', false],
    ['127.0.0.1', 'localhost.example.com', false],
    ['127.0.0.1', '127.0.0.1.example.com', false],
    ['127.0.0.1', '10.0.0.7:3000', false],
    ['127.0.0.1', '', false],
  ])('answers a request from %p for the host %p: %p', (address, host, isAllowed) => {
    expect(allows({ host }, address)).toBe(isAllowed);
    expect(allows({ host }, address, true)).toBe(isAllowed);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via', 'x-forwarded-host'])(
    'refuses a request that came through a proxy (%s)',
    (header) => {
      expect(allows({ [header]: '127.0.0.1' })).toBe(false);
    },
  );
});

describe('ActionGuard', () => {
  const allows = (headers: Record<string, string>): boolean => {
    try {
      return new ActionGuard().canActivate(contextOf({ host: 'app.example.com', ...headers }));
    } catch {
      return false;
    }
  };
  const header = { 'x-tracking-explorer': '1' };

  it.each<[string, Record<string, string>, boolean]>([
    ['no header', {}, false],
    ['the header alone, as curl sends it', header, true],
    ['another value of the header', { 'x-tracking-explorer': '' }, false],
    ['its own origin', { ...header, origin: 'https://app.example.com' }, true],
    ['another origin', { ...header, origin: 'https://evil.example.net' }, false],
    ['an opaque origin', { ...header, origin: 'null' }, false],
    ['the same site by Sec-Fetch-Site', { ...header, 'sec-fetch-site': 'same-origin', origin: 'https://other' }, true],
    ['another site by Sec-Fetch-Site', { ...header, 'sec-fetch-site': 'cross-site' }, false],
    ['a sibling host by Sec-Fetch-Site', { ...header, 'sec-fetch-site': 'same-site' }, false],
  ])('decides about a request with %s: %p', (_what, headers, isAllowed) => {
    expect(allows(headers)).toBe(isAllowed);
  });
});
