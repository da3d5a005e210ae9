import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import { TRACKING_EVENT_TYPE } from '../../../src/transports/bus/tracking-log';
import { DocsFolder, type Json, OPEN_EDX, RULES, SHOP } from './print-docs';

const WORDS = join(__dirname, 'words-catalog.ts');
const STANDARD_FORMATS = Object.fromEntries(
  ['date-time', 'date', 'time', 'duration', 'email', 'uri', 'url', 'uuid', 'ipv4', 'ipv6'].map(
    (name) => [name, true] as const,
  ),
);
const ACTIVATED = 'edx.course.enrollment.activated';

describe('catalog docs --format json-schema', () => {
  const folder = new DocsFolder();

  beforeAll(async () => {
    expect(await folder.docs('--catalog', SHOP, '--out', 'shop', '--format', 'json-schema')).toMatchObject({ code: 0 });
    expect(await folder.docs('--catalog', OPEN_EDX, '--out', 'edx', '--format', 'json-schema')).toMatchObject({
      code: 0,
    });
  });

  afterAll(() => {
    folder.remove();
  });

  function compiled(file: string): ValidateFunction {
    const formats = { 'date-time': true, email: /@/, ipv4: true } as const;
    return new Ajv2020({ strict: false, formats }).compile(folder.json(file));
  }

  function example(file: string): Json {
    return structuredClone(folder.json(file)['examples'][0]);
  }

  const file = `shop/${ACTIVATED}.schema.json`;

  it('describes the whole event, and all that is known of it', () => {
    expect(folder.json(file)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:event-tracking:event:${ACTIVATED}:v2`,
      title: 'Enrolment activated',
      description: expect.stringContaining('Emitted when: A learner enrols'),
      required: ['name', 'timestamp', 'id', 'context', 'data'],
      properties: { name: { const: ACTIVATED } },
    });
    expect(folder.json('shop/play_video.schema.json')).toMatchObject({ deprecated: true });
    expect(folder.json(file)).not.toHaveProperty('deprecated');
  });

  it('lists the events, with what JSON Schema has no words for', () => {
    const { events, ...catalog } = folder.json('shop/catalog.json');
    expect(catalog).toEqual({ writtenBy: 'event-tracking catalog docs', title: 'Events', hash: expect.any(String) });
    expect(events).toHaveLength(6);
    expect(events).toContainEqual({
      ...{ name: ACTIVATED, version: 2, schema: `${ACTIVATED}.schema.json`, id: folder.json(file)['$id'] },
      ...{ hash: expect.any(String), source: 'server', owner: 'enrolments', since: '2026-11-01' },
      pii: ['context.ip', 'context.user_id', 'data.answers.*.text', 'data.learner.email'],
      xapi: {
        verb: { id: 'http://adlnet.gov/expapi/verbs/registered', display: 'registered | <enrolled>' },
        object: { id: '{rootUrl}/course/{data.course_id}', name: '(computed)' },
        result: { score: { min: 0 }, extensions: { 'https://shop.example/x/tags': '{data.tags}' } },
      },
    });
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'play_video', deprecated: { since: '2026-11-01', replacedBy: ACTIVATED } }),
    );
  });

  it.each(['shop', 'edx', 'words', 'rules'])(
    'writes schemas that Ajv takes as it comes, in its strict mode: %s',
    async (out) => {
      const more = { words: WORDS, rules: RULES }[out];
      if (more !== undefined)
        expect(await folder.docs('--catalog', more, '--out', out, '--format', 'json-schema')).toMatchObject({
          code: 0,
        });
      const files = folder.files(out).filter((path) => path.endsWith('.schema.json'));
      expect(files.length).toBeGreaterThan(0);
      for (const each of files) {
        const validator = new Ajv2020({ formats: STANDARD_FORMATS, logger: false });
        expect(() => validator.compile(folder.json(`${out}/${each}`))).not.toThrow();
      }
    },
  );

  it('lets an event through that keeps to it, and no other', () => {
    const validate = compiled(file);
    expect([validate(example(file)), validate.errors]).toEqual([true, null]);
    const broken: readonly ((event: Json) => void)[] = [
      (event) => (event['name'] = 'another'),
      (event) => (event['data'].mode = 'gold'),
      (event) => delete event['data'].course_id,
      (event) => (event['context'].user_id = 'ada'),
      (event) => delete event['context'],
      (event) => delete event['id'],
      (event) => (event['data'].place = [1, 2, 3]),
    ];
    for (const breakIt of broken) {
      const event = example(file);
      breakIt(event);
      expect(validate(event)).toBe(false);
    }
  });

  it('leads the references of a schema to where they are now', () => {
    const recursive = 'shop/edx.course.enrollment.deactivated.schema.json';
    const validate = compiled(recursive);
    const event = example(recursive);
    event['data'].comments = [{ text: 'a', replies: [{ text: 'b', replies: [] }] }];
    expect([validate(event), validate.errors]).toEqual([true, null]);
    event['data'].comments[0].replies[0].text = 7;
    expect(validate(event)).toBe(false);
  });

  it('gives no example that it would refuse', () => {
    expect(folder.json('shop/play_video.schema.json')).not.toHaveProperty('examples');
    for (const each of folder.files('edx').filter((path) => path.endsWith('.schema.json'))) {
      const validate = compiled(`edx/${each}`);
      expect([each, validate(example(`edx/${each}`)), validate.errors]).toEqual([each, true, null]);
    }
  });
});

describe('catalog docs --format cloudevents', () => {
  const folder = new DocsFolder();

  beforeAll(async () => {
    expect(await folder.docs('--catalog', SHOP, '--out', 'out', '--format', 'cloudevents')).toMatchObject({ code: 0 });
  });

  afterAll(() => {
    folder.remove();
  });

  // The rules of
  // https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/cloudevents.json, and of
  // its names.
  const isCloudEvent = new Ajv2020({
    allowUnionTypes: true,
    formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/, uri: /^[a-z]+:/ },
  }).compile({
    type: 'object',
    required: ['id', 'source', 'specversion', 'type'],
    properties: {
      id: { type: 'string', minLength: 1 },
      source: { type: 'string', minLength: 1 },
      specversion: { const: '1.0' },
      type: { type: 'string', minLength: 1 },
      datacontenttype: { type: 'string', minLength: 1 },
      dataschema: { type: 'string', minLength: 1, format: 'uri' },
      time: { type: 'string', minLength: 1, format: 'date-time' },
      data: {},
    },
    propertyNames: { pattern: '^[a-z0-9]{1,20}$' },
    additionalProperties: { type: ['string', 'boolean', 'integer'] },
  });

  it('shows each event as a CloudEvent, as it is on the bus and by itself', () => {
    const files = folder.files('out').filter((file) => file.endsWith('.cloudevent.json'));
    expect(files).toHaveLength(6);
    for (const file of files) {
      const { onTheBus, byItself } = folder.json(`out/${file}`);
      expect([isCloudEvent(onTheBus), isCloudEvent.errors]).toEqual([true, null]);
      expect([isCloudEvent(byItself), isCloudEvent.errors]).toEqual([true, null]);
    }
    expect(isCloudEvent({ id: '1', source: 's', specversion: '1.0', type: 't', Upper: 'x' })).toBe(false);
  });

  it('has on the bus what the producers send: one type, and the event in four texts', () => {
    const { onTheBus, byItself } = folder.json(`out/${ACTIVATED}.cloudevent.json`);
    expect(onTheBus).toMatchObject({ type: TRACKING_EVENT_TYPE, source: 'nestjs-event-tracking', minorversion: '0' });
    const { tracking_log } = onTheBus.data;
    expect(tracking_log).toMatchObject({ name: ACTIVATED, timestamp: '2026-11-01T12:00:00+00:00' });
    expect(JSON.parse(tracking_log.data)).toEqual(byItself.data.data);
    expect(JSON.parse(tracking_log.context)).toEqual(byItself.data.context);
  });

  it('names by itself the event, and the schema that json-schema prints', () => {
    const { byItself } = folder.json(`out/${ACTIVATED}.cloudevent.json`);
    expect(byItself).toMatchObject({
      type: ACTIVATED,
      id: byItself.data.id,
      time: byItself.data.timestamp,
      dataschema: `urn:event-tracking:event:${ACTIVATED}:v2`,
    });
  });
});
