import { LoggerBackend, MemoryBackend } from '../../src/entries';
import { notABackendFix } from '../../src/routing/node-name';

describe('The fix for what is given instead of a backend', () => {
  it.each<readonly [string, string, unknown, string]>([
    ['a class', 'log', LoggerBackend, 'log: backend(LoggerBackend, { ... })'],
    ['an instance', 'recent', new MemoryBackend(), 'recent: backend(MemoryBackend, { ... })'],
    ['a plain object', 'log', { path: 'a.log' }, 'log: backend(SomeBackend, { ... })'],
    ['a list', 'log', [LoggerBackend], 'log: backend(SomeBackend, { ... })'],
    ['undefined', 'log', undefined, 'log: backend(SomeBackend, { ... })'],
    ['a key that may be a secret', 'sk_live_51HxQ9zL', LoggerBackend, 'tracking_logs: backend(LoggerBackend, { ... })'],
  ])('names its key and its class: %s', (_what, name, value, fix) => {
    expect(notABackendFix(name, value)).toBe(fix);
  });
});
