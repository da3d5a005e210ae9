import fc from 'fast-check';
import { fromPg } from 'nestjs-event-tracking/postgres';
import { describeWithServices } from '../../support/services';
import { event, ownSchema, startPostgres, type OwnSchema, type Started } from './support';

const columns = {
  tags: { type: 'text[]', from: 'data.tags' },
  ids: { type: 'bigint[]', from: 'context.ids' },
  codes: { type: 'varchar(3)[]', from: 'data.codes' },
  bits: { type: 'bit(3)[]', from: 'data.bits' },
  documents: { type: 'jsonb[]', from: 'data.documents' },
  times: { type: 'timestamp(3) with time zone[]', from: 'data.times' },
  labels: { type: 'text[]', from: 'schema.labels' },
};

describeWithServices(['postgres'], 'A column of lists', ({ postgres }) => {
  let schema: OwnSchema;
  let send: Started['send'];

  beforeEach(async () => {
    schema = ownSchema(postgres);
    ({ send } = await startPostgres({
      ...{ client: fromPg(schema.pool), schema: schema.name, columns, ensureTable: true },
    }));
  });

  const rows = (names: string): ReturnType<OwnSchema['query']> =>
    schema.query(`SELECT ${names} FROM ${schema.name}.tracking_events ORDER BY id`);

  it('stores lists of each kind of element, and those of fields that processors added', async () => {
    const time = new Date('2026-11-24T12:00:00.123Z');
    const data = {
      tags: ['b', 'a', 'a', '', null, '{,}', '"', "it's", 'NULL', '\\', 1.5, true, { a: 1 }],
      ...{ codes: ['abc', 'd'], bits: ['101'], documents: [1, 'a', null, { a: [] }, [1]], times: [time] },
    };
    const full = {
      ...event(data, { context: { ids: [3, 1, '2', null, 9007199254740991] } }),
      schema: { labels: ['x'] },
    };
    expect(await send([full])).toEqual([]);
    expect(await rows('tags, ids, codes, bits::text, documents::text, times, labels')).toEqual([
      {
        tags: [...['b', 'a', 'a', '', null, '{,}', '"', "it's", 'NULL', '\\', '1.5', 'true', '{"a": 1}']],
        ids: ['3', '1', '2', null, '9007199254740991'],
        ...{ codes: ['abc', 'd'], bits: '{101}', times: [time], labels: ['x'] },
        documents: String.raw`{1,"\"a\"","null","{\"a\": []}",[1]}`,
      },
    ]);
  });

  it('is empty without a list, and has no elements for a list without any', async () => {
    const lists = [{}, { tags: null }, { tags: [] }, { tags: [null] }];
    expect(await send(lists.map((data) => event(data)))).toEqual([]);
    expect(await rows('tags')).toEqual([{ tags: null }, { tags: null }, { tags: [] }, { tags: [null] }]);
  });

  it('refuses only the events whose field is no list of its type', async () => {
    const bad: [object, object, RegExp][] = [
      ...['a', '', '{a,b}', 1, false, {}, { 0: 'a', length: 1 }].map((tags): [object, object, RegExp] => [
        ...([{ tags }, {}, /^PostgreSQL refuses the row \(SQLSTATE 22023\)$/] as [object, object, RegExp]),
      ]),
      [{}, { ids: ['ann'] }, /SQLSTATE 22P02/],
      [{}, { ids: [1.5] }, /SQLSTATE 22P02/],
      [{}, { ids: [2 ** 70] }, /SQLSTATE 22003/],
      [{}, { ids: [[1]] }, /SQLSTATE 22P02/],
      [{ codes: ['abcd'] }, {}, /SQLSTATE 22001/],
      [{ bits: ['1010'] }, {}, /SQLSTATE 22026/],
      [{ times: ['yesterday evening'] }, {}, /SQLSTATE 22007/],
    ];
    const batch = [
      event({ tags: ['first'] }),
      ...bad.map(([data, context]) => event(data, { context: context as never })),
      event({ tags: ['last'] }),
    ];
    const rejections = [...(await send(batch))].sort((one, other) => one.index - other.index);
    expect(rejections).toEqual(
      bad.map(([, , reason], at) => ({ index: at + 1, reason: expect.stringMatching(reason), retryable: false })),
    );
    expect(await rows('tags')).toEqual([{ tags: ['first'] }, { tags: ['last'] }]);
  });

  it('keeps each list of strings and its order', async () => {
    const element = fc.option(
      fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
      { freq: 5 },
    );
    await send([event()]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(element), { minLength: 1, maxLength: 20 }), async (lists) => {
        await schema.query(`TRUNCATE ${schema.name}.tracking_events`);
        expect(await send(lists.map((tags) => event({ tags })))).toEqual([]);
        expect(await rows('tags')).toEqual(lists.map((tags) => ({ tags })));
      }),
      { numRuns: 25 },
    );
  });
});
