import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import { DocsFolder, OPEN_EDX, RULES, SHOP } from './print-docs';

const MINOR = new Set<unknown>([DiagnosticSeverity.Information, DiagnosticSeverity.Hint]);
const ACTIVATED = 'edx.course.enrollment.activated';

describe('catalog docs --format asyncapi', () => {
  const folder = new DocsFolder();
  const parser = new Parser();

  afterAll(() => {
    folder.remove();
  });

  async function parsed(catalog: string, change: (text: string) => string = (text) => text) {
    expect(await folder.docs('--catalog', catalog, '--format', 'asyncapi', '--title', 'Shop')).toMatchObject({
      code: 0,
    });
    const { document, diagnostics } = await parser.parse(change(folder.read('docs/events/asyncapi.json')));
    const grave = diagnostics.filter(({ severity }) => !MINOR.has(severity));
    return { document, grave: grave.map(({ code, message, path }) => ({ code, message, path: path.join('.') })) };
  }

  it('is a document of 3.0 in which the parser finds no error and nothing to warn of', async () => {
    const { document, grave } = await parsed(SHOP);
    expect(grave).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
    expect(document?.info().title()).toBe('Shop');
  });

  it('has a message with its payload, and an operation that sends it, for each event', async () => {
    const { document } = await parsed(SHOP);
    const messages = document?.messages().all() ?? [];
    expect(messages.map((each) => each.name()).sort()).toEqual(
      [
        'Page Viewed',
        'a/../../<b>&"\'',
        ACTIVATED,
        'edx.course.enrollment.deactivated',
        'page viewed',
        'play_video',
      ].sort(),
    );
    const message = messages.find((each) => each.name() === ACTIVATED);
    expect(message?.title()).toBe('Enrolment activated');
    expect(message?.payload()?.properties()?.['data']?.properties()?.['mode']).toBeDefined();
    expect(message?.examples().all()).toHaveLength(1);
    expect(
      document
        ?.operations()
        .all()
        .every((each) => each.isSend()),
    ).toBe(true);
    expect(document?.operations().all()).toHaveLength(6);
  });

  it('has the fields of the contexts among its schemas', async () => {
    const { document } = await parsed(SHOP);
    const context = document?.components().schemas().get('context--request');
    expect(Object.keys(context?.properties() ?? {})).toEqual(['user_id', 'ip', 'agent']);
  });

  it('is read by a parser that would find a schema which is none', async () => {
    const { grave } = await parsed(SHOP, (text) => text.replace('"type": "integer"', '"type": "whole"'));
    expect(grave).not.toEqual([]);
  });

  it('has its payloads in the words of draft 07, references and lists of fixed length included', async () => {
    await parsed(SHOP);
    const document = folder.json('docs/events/asyncapi.json');
    const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(document, 'document');
    const validator = (name: string) => ajv.compile({ $ref: `document#/components/schemas/${name}` });
    const activated = validator(ACTIVATED);
    const event = document['components'].messages[ACTIVATED].examples[0].payload;
    expect([activated(event), activated.errors]).toEqual([true, null]);
    for (const place of [[1, 'x'], [1, 2, 3], [1]])
      expect(activated({ ...event, data: { ...event.data, place } })).toBe(false);

    const ended = validator('edx.course.enrollment.deactivated');
    const comment = (text: unknown) => ({
      ...{ name: 'edx.course.enrollment.deactivated', timestamp: '', id: '', context: {} },
      data: { course_id: 'x', comments: [{ text: 'a', replies: [{ text, replies: [] }] }] },
    });
    expect([ended(comment('b')), ended.errors]).toEqual([true, null]);
    expect(ended(comment(7))).toBe(false);
  });

  it('is valid for schemas of other drafts, with anchors and with rules of any kind', async () => {
    const { grave } = await parsed(RULES);
    expect(grave).toEqual([]);
    const document = folder.json('docs/events/asyncapi.json');
    const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(document, 'document');
    const paid = ajv.compile({ $ref: 'document#/components/schemas/paid/properties/data' });
    expect([paid({ kind: 'card', item: { sku: 'a' } }), paid.errors]).toEqual([true, null]);
    expect(paid({ kind: 'card', item: { sku: 1 } })).toBe(false);
    expect(paid({ kind: 'card', card: 'x' })).toBe(false);
  });

  it('holds the 192 events of Open edX', async () => {
    const { document, grave } = await parsed(OPEN_EDX);
    expect(grave).toEqual([]);
    expect(document?.messages().all()).toHaveLength(192);
  }, 120_000); // the parser takes its time
});
