import { OptionPlace } from '../../../src/common/option-place';
import type { ConfigError } from '../../../src/common/tracking-config.exception';
import { createRewriter, readFieldPaths } from '../../../src/processors/paths/field-paths';
import { anEnvelope } from '../an-envelope';

function linesOf(read: (place: OptionPlace) => unknown): string[] {
  const errors: ConfigError[] = [];
  read(OptionPlace.named(errors, 'Redact', 'fix').inside('paths'));
  return errors.map(({ what, fix }) => `${what} | ${fix}`);
}

describe('field-paths', () => {
  it('reads paths from any iterable, and none where there is none', () => {
    const place = OptionPlace.named([], 'Redact', '');
    expect(readFieldPaths(undefined, place)).toEqual([]);
    expect(readFieldPaths(new Set(['data.a']), place)).toEqual([{ part: 'data', steps: ['a'] }]);
    expect(readFieldPaths(['data.a', 'context.b'], place)).toHaveLength(2);
  });

  it('reports every wrong path, with its own fix', () => {
    expect(linesOf((place) => readFieldPaths(['data.a', 5, 'email'], place))).toEqual([
      expect.stringMatching(/^paths contains 5: it is not a string\. \| 'data\.user\.email'$/),
      expect.stringMatching(/^paths contains "email": it begins in no part of an event/),
    ]);
  });

  it('does not take a string for a list of characters', () => {
    expect(linesOf((place) => readFieldPaths('data.a', place))).toEqual([
      'paths is a string of 6 characters; expected a list of paths. | fix',
    ]);
  });

  it('reports paths that together have too many stars', () => {
    const lines = linesOf((place) => {
      const paths = readFieldPaths([`data.**.a${'.*'.repeat(14)}.b`], place);
      const rewriter = createRewriter(paths, { replace: () => 1 }, place);
      const envelope = anEnvelope({ a: 1 });
      expect(rewriter.apply(envelope)).toBe(envelope);
    });
    expect(lines).toEqual([
      'paths the paths have too many stars after a **. | write fewer stars, or keys instead of some',
    ]);
  });

  it('does not hide another error', () => {
    const failing = [{ part: 'data' as const, steps: undefined as never }];
    expect(() => createRewriter(failing, { replace: () => 1 }, OptionPlace.named([], '', ''))).toThrow(TypeError);
  });
});
