/**
 * The table of docs/reference/values.md, row by row: each is emitted, and what memory, the log and
 * the books then have is what it says.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Req, Res, type LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { backend, LoggerBackend, MemoryBackend, TrackingModule } from '../../src/entries';
import { quoted as quotedName } from '../../src/common/printable';
import { LogFolder } from '../support/log-folder';
import { BuiltTracking, RecordingLogger } from '../support/start-tracking';
import { platforms, TestCase } from '../support/test-case';
import { caught } from './value-makers';
import { cases } from './value-samples';

interface Row {
  /** The first cell, and the name of the event. */
  readonly value: string;
  /** JSON texts that the second cell promises. */
  readonly promised: readonly string[];
  readonly countedAs: string | undefined;
}

function rowsOf(page: string): Row[] {
  const [, table = ''] = /^\| --- .*\n((?:\|.*\n)+)/m.exec(page) ?? [];
  return table
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, value = '', becomes = '', countedAs = ''] = line.split('|').map((cell) => cell.trim());
      return { value, promised: quoted(becomes).filter(isJson), countedAs: quoted(countedAs)[0] };
    });
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

function isJson(code: string): boolean {
  return /^\{?"/.test(code);
}

/** Which of its operations the engine names depends on what is asked first. */
function withoutOperation(text: string): string {
  return text.replaceAll(/Cannot perform '\w+' on/g, 'Cannot perform on');
}

describe('The table of docs/reference/values.md', () => {
  const rows = rowsOf(readFileSync(join(__dirname, '../../docs/reference/values.md'), 'utf8'));
  const folder = new LogFolder();
  const logger = new RecordingLogger();
  let run: BuiltTracking;

  beforeAll(async () => {
    for (const [name, adapter] of platforms) caught.set(name, await catchInHandler(adapter));
    const module = await Test.createTestingModule({
      imports: [
        TrackingModule.forRoot({
          logger: logger satisfies LoggerService,
          backends: { log: backend(LoggerBackend, { path: folder.file(), sync: true }), sink: backend(MemoryBackend) },
        }),
      ],
    }).compile();
    run = new BuiltTracking(await module.init());
  });
  afterAll(() => run.app.close());

  it('has a sample for each row, and a row for each sample', () => {
    expect(rows.map(({ value }) => value)).toEqual(Object.keys(cases));
  });

  it.each(rows)('describes the result of: $value', ({ value, promised, countedAs }) => {
    const samples = cases[value];
    if (samples === undefined) throw new Error(`there is no case for the row "${value}"`);
    const replacedAt = samples.flatMap(([, , , paths = countedAs === undefined ? [] : ['']]) =>
      paths.map((path) => (path === '' ? 'data.*' : `data.*.${path}`)),
    );
    const countedBefore = countsOf(run, countedAs);

    for (let time = 0; time < 2; time++) {
      run.tracker.emit(
        value,
        samples.map(([make]) => make()),
      );
      const [line = ''] = folder.lines().slice(-1);
      const [, text = ''] = line.split('"context":{},"data":');
      expect(run.last()).toMatchObject({ name: value, data: expect.any(Array) });
      expect(run.last().data).toStrictEqual(samples.map(([, stored]) => stored));
      expect(withoutOperation(text)).toBe(`[${samples.map(([, , json]) => json).join()}]}`);
      for (const json of promised) expect(text).toContain(json);
    }

    expect(countsOf(run, countedAs)).toEqual({
      counted: countedBefore.counted + 2 * replacedAt.length,
      others: countedBefore.others,
    });
    const notices = logger.warnings.filter((warning) => warning.includes(`a value of ${quotedName(value)} at `));
    expect(notices).toEqual(
      [...new Set(replacedAt)].map((path) =>
        expect.stringContaining(` at ${path} could not be written as it is (${String(countedAs)})`),
      ),
    );
  });

  it('names each kind that is counted', () => {
    for (const samples of Object.values(cases)) {
      for (const [make] of samples) run.tracker.emit('any', { value: make() });
    }
    expect(Object.keys(run.ledger.tracker().replaced).sort()).toEqual(
      [...new Set(rows.flatMap(({ countedAs }) => countedAs ?? []))].sort(),
    );
  });
});

/** How often this kind was replaced, and how often any other. */
function countsOf({ ledger }: BuiltTracking, kind: string | undefined): { counted: number; others: number } {
  const { [kind ?? '']: counted = 0, ...others } = ledger.tracker().replaced;
  return { counted, others: Object.values(others).reduce((sum, count) => sum + count, 0) };
}

/**
 * Request and response as a handler of that platform gets them; with cookies, as plugins put them
 * there.
 */
async function catchInHandler(
  adapter: (typeof platforms)[number][1],
): Promise<{ request: unknown; response: unknown }> {
  let seen: { request: unknown; response: unknown } | undefined;

  @Controller('courses')
  class CourseController {
    @Get(':id')
    read(@Req() request: object, @Res({ passthrough: true }) response: unknown): object {
      seen = { request: Object.assign(request, { cookies: { session: 'secret' } }), response };
      return {};
    }
  }

  const app = await TestCase.of({ controllers: [CourseController] })
    .on(adapter)
    .start();
  await app.get('/courses/7?password=secret', { headers: { cookie: 'session=secret', authorization: 'secret' } });
  await app.close();
  if (seen === undefined) throw new Error('no request has arrived');
  return seen;
}
