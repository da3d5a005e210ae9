import { RUNTIME_RULES, runtimeValueErrors } from '../../src/module/runtime-option-rules';

const linesOf = (options: unknown): string[] => runtimeValueErrors(options).map(({ path, what }) => `${path}: ${what}`);

describe('runtimeValueErrors', () => {
  it.each<[unknown]>([
    [undefined],
    [{}],
    [{ enabled: false, clock: () => 0, role: 'worker', documentation: true, requestContext: false }],
    [{ limits: { maxDepth: 1, maxNodes: Infinity }, maxEarlyEvents: 0, shutdownTimeoutMs: Infinity }],
    [Object.fromEntries(Object.keys(RUNTIME_RULES).map((name) => [name, undefined]))],
  ])('accepts %j', (options) => {
    expect(linesOf(options)).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{ enabled: 'false' }, 'enabled: it is "false"; expected true or false.'],
    [{ clock: 5 }, 'clock: it is 5; expected a function.'],
    [{ role: 'web' }, 'role: it is "web"; expected "both", "emitter" or "worker".'],
    [{ documentation: 1 }, 'documentation: it is 1; expected true or false.'],
    [{ maxEarlyEvents: -1 }, 'maxEarlyEvents: it is -1; expected a number, at least 0.'],
    [{ shutdownTimeoutMs: '5' }, 'shutdownTimeoutMs: it is "5"; expected a number, at least 0.'],
    [{ limits: 5 }, 'limits: it is 5; expected an object of options.'],
    [{ limits: { maxDepth: 0 } }, 'limits.maxDepth: it is 0; expected a number greater than 0.'],
    [{ limits: { maxNameLength: null } }, 'limits.maxNameLength: it is null; expected a number greater than 0.'],
    [{ requestContext: true }, 'requestContext: it is true; expected an object or false.'],
    [{ delivery: { maxBytes: 0 } }, 'delivery.maxBytes: it is 0; expected a number, at least 1.'],
  ])('refuses %j', (options, line) => {
    expect(linesOf(options)).toEqual([line]);
  });

  it('leaves the names of unknown options to the check that knows where they belong', () => {
    expect(linesOf({ backend: {} })).toEqual([]);
  });
});
