import type { StatementDocument } from '../../../src/catalog/statement/statement-definition';
import { compareStatements } from '../../../src/cli/check/compare-statements';
import { CheckFolder } from './check-folder';

const paid: StatementDocument = {
  verb: { id: 'urn:paid', display: 'paid' },
  object: { id: '{rootUrl}/invoices/{data.id}', type: 'urn:invoice', name: '{data.title}' },
  result: { success: true, score: { raw: '{data.amount}' }, extensions: { 'urn:a.b': [1, 2] } },
};

/** Each change as one line; what breaks has an exclamation mark. */
function found(was: StatementDocument | undefined, is: StatementDocument | undefined): string[] {
  return compareStatements(was, is).map(
    ({ path, kind, isBreaking, was: before, is: after }) =>
      `${path} ${kind}${isBreaking ? '!' : ''} ${before ?? 'none'} -> ${after ?? 'none'}`,
  );
}

describe('compareStatements', () => {
  it.each<[string, Partial<Record<keyof StatementDocument, unknown>>, string[]]>([
    ['nothing', {}, []],
    [
      'the verb',
      { verb: { id: 'urn:settled', display: 'paid' } },
      ['xapi.verb.id statement-changed! urn:paid -> urn:settled'],
    ],
    [
      'the verb to a function',
      { verb: '(computed)' },
      ['xapi.verb.id statement-changed! urn:paid -> (computed)', 'xapi.verb.display documentation paid -> (computed)'],
    ],
    [
      'the type and the id of the object, and its name',
      { object: { id: '{data.url}', type: 'urn:bill', name: '{data.subject}' } },
      [
        'xapi.object.id statement-changed! {rootUrl}/invoices/{data.id} -> {data.url}',
        'xapi.object.type statement-changed! urn:invoice -> urn:bill',
        'xapi.object.name documentation {data.title} -> {data.subject}',
      ],
    ],
    [
      'an object without its type',
      { object: { id: '{rootUrl}/invoices/{data.id}', name: '{data.title}' } },
      ['xapi.object.type statement-field-removed! urn:invoice -> none'],
    ],
    [
      'the result',
      { result: { success: '{data.ok}', score: { raw: '{data.amount}', max: 10 }, extensions: { 'urn:a.b': [1] } } },
      [
        'xapi.result.success statement-changed! true -> {data.ok}',
        'xapi.result.extensions["urn:a.b"] statement-changed! [1,2] -> [1]',
        'xapi.result.score.max statement-field-added none -> 10',
      ],
    ],
    [
      'parts that functions make',
      { result: undefined, context: '(computed)' },
      [
        'xapi.result.success statement-field-removed! true -> none',
        'xapi.result.score.raw statement-field-removed! {data.amount} -> none',
        'xapi.result.extensions["urn:a.b"] statement-field-removed! [1,2] -> none',
        'xapi.context.course statement-changed! true -> (computed)',
      ],
    ],
    ['the context', { context: { course: false } }, ['xapi.context.course statement-changed! true -> false']],
    ['the context only in its notation', { context: { course: true } }, []],
  ])('with %s changed', (_title, change, expected) => {
    expect(found(paid, { ...paid, ...change })).toEqual(expected);
  });

  it('does not call it breaking if a constant takes the place of a function', () => {
    expect(found({ ...paid, verb: '(computed)' }, paid)).toEqual([
      'xapi.verb.id documentation (computed) -> urn:paid',
      'xapi.verb.display documentation (computed) -> paid',
    ]);
    expect(found({ ...paid, verb: '(computed)' }, { ...paid, verb: '(computed)' })).toEqual([]);
  });

  it('calls a removed statement breaking, and an added one not', () => {
    expect(found(paid, undefined)).toEqual(['xapi statement-removed! urn:paid -> none']);
    expect(found(undefined, paid)).toEqual(['xapi statement-added none -> urn:paid']);
    expect(found(undefined, undefined)).toEqual([]);
  });
});

describe('event-tracking catalog check, of xAPI statements', () => {
  let folder: CheckFolder;
  beforeEach(() => {
    folder = new CheckFolder();
  });
  afterEach(() => {
    folder.remove();
  });

  const event = (verb: string, more = ''): string =>
    `defineEvent('paid', { ${more} xapi: { object: { id: 'urn:{data.id}', name: () => 'x' }, verb: { id: '${verb}' } } })`;

  it('records the statement in the lock, sorted, with functions as "(computed)"', async () => {
    await folder.agreed(event('urn:paid'));
    expect(JSON.parse(folder.lock()).events.paid).toEqual({
      ...{ version: 1, source: 'server' },
      xapi: { object: { id: 'urn:{data.id}', name: '(computed)' }, verb: { id: 'urn:paid' } },
    });
    expect(await folder.check()).toMatchObject({ code: 0 });
  });

  it('takes a lock from before there were statements, and adds them', async () => {
    await folder.agreed("defineEvent('paid')");
    folder.given(event('urn:paid'));
    const { code, out } = await folder.check();
    expect(code).toBe(1);
    expect(out).toContain('harmless  xapi: xAPI statement added (urn:paid)');
    expect((await folder.check('--update')).code).toBe(0);
  });

  it('calls a changed verb breaking, until the version is raised', async () => {
    await folder.agreed(event('urn:paid'));
    folder.given(event('urn:settled'));
    const { code, out } = await folder.check();
    expect(code).toBe(1);
    expect(out).toContain('breaking  xapi.verb.id: changed');
    expect(out).toContain('was urn:paid; is urn:settled');
    expect(out).toContain('why: queries over stored xAPI statements will not match the new ones');
    expect(out).toContain("change: 'xapi.verb.id changed'");
    folder.given(event('urn:settled', 'version: 2,'));
    expect((await folder.check('--update')).code).toBe(0);
  });

  it('calls a lock damaged whose statement is no object', async () => {
    await folder.agreed(event('urn:paid'));
    folder.damage('"xapi": {', '"xapi": 1, "was": {');
    const { code, told } = await folder.check();
    expect(code).toBe(2);
    expect(told).toContain('its event paid is damaged');
  });
});
