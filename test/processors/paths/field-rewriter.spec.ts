import fc from 'fast-check';
import type { EventFields } from '../../../src/event/tracking-event';
import { PathError, readFieldPath, type FieldPath } from '../../../src/processors/paths/event-path';
import { FieldRewriter, type RewriteRule } from '../../../src/processors/paths/field-rewriter';
import { anEnvelope } from '../an-envelope';

const MASK: RewriteRule = { replace: () => '***' };
const REMOVE: RewriteRule = { replace: () => undefined };

function pathsOf(paths: readonly string[]): FieldPath[] {
  return paths.flatMap((path) => {
    const read = readFieldPath(path);
    if (read instanceof PathError) throw new Error(read.what);
    return read;
  });
}

function rewritten(paths: readonly string[], rule: RewriteRule, data: EventFields, context: EventFields = {}): object {
  const { event } = new FieldRewriter(pathsOf(paths), rule).apply(anEnvelope(data, context));
  return { data: event.data, context: event.context };
}

describe('FieldRewriter', () => {
  it('gives back the same envelope if nothing matches', () => {
    const envelope = anEnvelope({ a: { b: [1, 2] } }, { c: 1 });
    const rules: RewriteRule[] = [MASK, { ...MASK, isKeyMeant: () => false, isValueMeant: () => false }];
    for (const rule of rules)
      expect(new FieldRewriter(pathsOf(['data.x', 'data.a.b.7', '**.y']), rule).apply(envelope)).toBe(envelope);
  });

  it('replaces values at paths in data and context, and copies only the objects on the way', () => {
    const data = { user: { email: 'a@b', age: 5 }, other: { n: 1 } };
    const context = { ip: '::1', org: 'x' };
    const envelope = anEnvelope(data, context);
    const before = envelope.data as typeof data;
    const { event } = new FieldRewriter(pathsOf(['data.user.email', 'context.ip']), MASK).apply(envelope);
    expect(event.data).toEqual({ user: { email: '***', age: 5 }, other: { n: 1 } });
    expect(event.context).toEqual({ ip: '***', org: 'x' });
    expect((event.data as typeof data).other).toBe(before.other);
    expect([before.user.email, data.user.email]).toEqual(['a@b', 'a@b']);
  });

  it('removes fields and items without a gap, and keeps the order of the others', () => {
    const data = { a: 1, b: 2, list: [1, { x: 1 }, 3], c: 3 };
    expect(rewritten(['data.b', 'data.list.1'], REMOVE, data)).toEqual({
      data: { a: 1, list: [1, 3], c: 3 },
      context: {},
    });
    expect(JSON.stringify(rewritten(['data.a'], REMOVE, { a: 1, z: 1, b: 2 }))).toContain('{"z":1,"b":2}');
  });

  it('leaves an empty object of a part that is removed whole', () => {
    expect(rewritten(['data', 'context'], REMOVE, { a: 1 }, { b: 1 })).toEqual({ data: {}, context: {} });
  });

  it('replaces fields by name at any depth, and values by predicate with their path', () => {
    const asked: string[] = [];
    const rule: RewriteRule = {
      ...MASK,
      isKeyMeant: (key) => key === 'password',
      isValueMeant: (path, value) => {
        asked.push(path);
        return value === 'secret';
      },
    };
    expect(rewritten([], rule, { a: [{ password: 1 }, 'secret'], n: null }, { password: [1] })).toEqual({
      data: { a: [{ password: '***' }, '***'], n: null },
      context: { password: '***' },
    });
    expect(asked).toEqual(['data.a.1', 'data.n']);
  });

  it('gives a predicate a copy of a date', () => {
    const at = new Date(5);
    const rule: RewriteRule = { ...MASK, isValueMeant: (_path, value) => (value as Date).setTime(9) === 0 };
    rewritten([], rule, { at });
    expect(at.getTime()).toBe(5);
  });

  it('takes an entry of a Map for a field of the name of its key', () => {
    const data = { map: [['token', 'x'], ['other', { token: 1 }]] }; // prettier-ignore
    expect(rewritten(['**.token'], MASK, data)).toMatchObject({
      data: { map: [['token', '***'], ['other', { token: '***' }]] }, // prettier-ignore
    });
    expect(rewritten(['**.token'], REMOVE, data)).toMatchObject({ data: { map: [['other', {}]] } });
    expect(rewritten([], { ...MASK, isKeyMeant: (key) => key === 'token' }, data)).toMatchObject({
      data: { map: [['token', '***'], ['other', { token: '***' }]] }, // prettier-ignore
    });
  });

  it('reads own fields only, and handles keys such as __proto__ like any other', () => {
    const data = JSON.parse('{"__proto__": {"a": 1}, "b": 2}') as EventFields;
    expect(JSON.stringify(rewritten(['data.__proto__.a', 'data.constructor.a'], MASK, data))).toContain(
      '{"__proto__":{"a":"***"},"b":2}',
    );
    expect(JSON.stringify(rewritten(['data.b'], REMOVE, data))).toContain('{"__proto__":{"a":1}}');
  });

  it('rewrites the context of a scope once for all its events, unless the replacement may differ', () => {
    let replaced = 0;
    const replace = (): string => String(++replaced);
    const { context } = anEnvelope({}, { ip: 'x' });
    const apply = (rule: RewriteRule): unknown[] => {
      const rewriter = new FieldRewriter(pathsOf(['context.ip']), rule);
      const inContext = (): unknown => {
        if (context === undefined) throw new Error('the event has no context');
        return rewriter.apply(anEnvelope({}).inContext(context)).event.context;
      };
      return [inContext(), inContext()];
    };
    expect(apply({ replace })).toEqual([{ ip: '1' }, { ip: '1' }]);
    expect(apply({ replace, isReusable: () => false })).toEqual([{ ip: '2' }, { ip: '3' }]);
    expect(apply({ replace, isValueMeant: () => false })).toEqual([{ ip: '4' }, { ip: '5' }]);
  });

  it('rewrites fields that a processor has added, and a context that is not an object', () => {
    const envelope = anEnvelope({ a: 1 });
    const added = envelope.changed({ ...envelope.event, extra: { token: 1 } } as typeof envelope.event);
    expect(new FieldRewriter(pathsOf(['**.token']), MASK).apply(added).event).toMatchObject({
      extra: { token: '***' },
      data: { a: 1 },
    });
    const odd = envelope.changed({ ...envelope.event, context: ['a', 'b'] as never });
    expect(new FieldRewriter(pathsOf(['context.1']), MASK).apply(odd).event.context).toEqual(['a', '***']);
  });

  it('changes nothing but the values of the named key, for any data', () => {
    // Without -0, which has no JSON.
    const value = fc.jsonValue({ maxDepth: 4 }).map((each) => JSON.parse(JSON.stringify(each)) as unknown);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { noNullPrototype: true }), (data) => {
        const before = JSON.stringify(data);
        const rule: RewriteRule = { ...MASK, isKeyMeant: (key) => key === 'a' };
        const after = new FieldRewriter([], rule).apply(anEnvelope(data)).event.data;
        expect(JSON.stringify(data)).toBe(before);
        expect(masked(after)).toEqual(masked(data));
      }),
    );
  });
});

/**
 * Masks the key again: what both versions have in common. A pair with the name `a` counts as a
 * field.
 */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (isNamed(item) ? [item[0], '***'] : masked(item)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === 'a' ? '***' : masked(each)]));
}

function isNamed(item: unknown): item is [string, unknown] {
  return Array.isArray(item) && item.length === 2 && item[0] === 'a';
}
