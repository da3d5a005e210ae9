import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { observe, runCase } from './runner';
import { Recording } from './tree';
import { isMapping, mapValues, microseconds } from './values';
import { allBackends, checkCase, missingPart, readVectors, type VectorCase } from './vectors';

type Format = 'json' | 'reference';

/** Loggers write each to a file of its own, synchronously. */
class FileRecording extends Recording {
  private readonly folder = mkdtempSync(join(tmpdir(), 'log-formats-'));

  constructor(private readonly format: Format) {
    super();
  }

  override loggerTarget(path: string): object {
    return { path: this.fileOf(path), format: this.format, sync: true };
  }

  read(path: string): Buffer {
    return readFileSync(this.fileOf(path));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private fileOf(path: string): string {
    return join(this.folder, `${encodeURIComponent(path)}.log`);
  }
}

/**
 * What a logger writes for a case goes to files; the case as it runs against pino says whether a
 * trait may make it differ.
 */
async function written(vector: VectorCase, format: Format): Promise<{ files: Map<string, Buffer>; isSame: boolean }> {
  const { status } = await runCase(vector);
  const recording = new FileRecording(format);
  try {
    await observe(vector, recording);
    const paths = Object.keys(vector.expected.lines ?? {});
    return { files: new Map(paths.map((path) => [path, recording.read(path)])), isSame: status === 'passed' };
  } finally {
    recording.remove();
  }
}

const contractCases = readVectors(join(__dirname, 'vectors')).flatMap(({ cases }) =>
  cases.flatMap((vector) => {
    checkCase(vector);
    const logs =
      vector.status === 'contract' && vector.expected.lines !== undefined && missingPart(vector) === undefined;
    return logs ? [vector] : [];
  }),
);
// A limit counts the bytes of a format: only in the reference's own do the same events pass.
const unlimitedCases = contractCases.filter(({ tracker }) =>
  allBackends(tracker).every(({ max_event_size: limit }) => typeof limit !== 'number'),
);

describe('LoggerBackend, writing to a file,', () => {
  it.each(contractCases)('writes the bytes of $id in the reference format: $title', async (vector) => {
    const { files, isSame } = await written(vector, 'reference');
    for (const [path, lines] of Object.entries(vector.expected.lines ?? {})) {
      const expected = Buffer.from(lines.map(([, text]) => `${text}\n`).join(''), 'ascii');
      expect(files.get(path)?.equals(expected)).toBe(isSame);
    }
  });

  // Recorded as the vectors were; none of them has a number between a millionth and a
  // ten-thousandth.
  it.each([
    [0.0001, '0.0001'],
    [0.00012, '0.00012'],
    [0.00001, '1e-05'],
    [0.0000999, '9.99e-05'],
    [-0.00001, '-1e-05'],
  ])('writes the number %p as %s in the reference format', async (number, text) => {
    const line = `{"name": "v", "timestamp": "1970-01-01T00:00:00+00:00", "data": {"v": ${text}}, "context": {}}`;
    const vector: VectorCase = {
      id: 'number',
      title: text,
      status: 'contract',
      tracker: { backends: { log: { kind: 'logger' } } },
      steps: [{ op: 'emit', name: 'v', data: { v: number }, at: '1970-01-01T00:00:00+00:00' }],
      expected: { lines: { log: [['info', line]] } },
    };
    const { files, isSame } = await written(vector, 'reference');
    expect([isSame, String(files.get('log'))]).toEqual([true, `${line}\n`]);
  });

  it.each(unlimitedCases)('says the same as $id in its own format: $title', async (vector) => {
    const { files, isSame } = await written(vector, 'json');
    if (!isSame) return;
    for (const [path, lines] of Object.entries(vector.expected.lines ?? {})) {
      const events = String(files.get(path)).trimEnd().split('\n').map(parsed);
      expect(events).toEqual(lines.map(([, text]) => ({ ...parsed(text), id: expect.any(String) })));
    }
  });
});

function parsed(line: string): Record<string, unknown> {
  return comparable(JSON.parse(line)) as Record<string, unknown>;
}

/** The two formats write times differently; the instant is the same. */
function comparable(value: unknown): unknown {
  if (typeof value === 'string') return microseconds(value) ?? value;
  if (Array.isArray(value)) return value.map(comparable);
  return isMapping(value) ? mapValues(value, comparable) : value;
}
