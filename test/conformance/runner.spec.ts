import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCase } from './runner';
import { readVectors } from './vectors';

const AT = '2024-02-03T04:05:00.789000+00:00';
const MEM = { backends: { mem: { kind: 'memory' } } };
const DELIVERED = { name: 'a', timestamp: AT, data: { k: 1 }, context: {} };

const good = {
  id: 'good',
  title: 'one event',
  status: 'contract',
  tracker: MEM,
  steps: [{ op: 'emit', name: 'a', data: { k: 1 }, at: AT }],
  expected: { received: { mem: [DELIVERED] } },
};

describe('The conformance runner', () => {
  it('passes a case whose expectations hold', async () => {
    expect(await runCase(good)).toEqual({ status: 'passed', reason: '', differences: [] });
  });

  it.each<[string, object]>([
    ['a value', { received: { mem: [{ ...DELIVERED, data: { k: 2 } }] } }],
    ['a key too many', { received: { mem: [{ ...DELIVERED, data: {} }] } }],
    ['a key too few', { received: { mem: [{ ...DELIVERED, data: { k: 1, l: 2 } }] } }],
    ['a time', { received: { mem: [{ ...DELIVERED, timestamp: '2024-02-03T04:05:00.788000+00:00' }] } }],
    ['an event too many', { received: {} }],
    ['an event too few', { received: { mem: [DELIVERED, DELIVERED] } }],
    ['a backend', { received: { other: [DELIVERED] } }],
    ['an order', { received: { mem: [DELIVERED] }, delivery_order: ['mem', 'mem'] }],
    ['a line', { received: { mem: [DELIVERED] }, lines: { log: [['info', '{}']] } }],
    ['a failing step', { received: { mem: [DELIVERED] }, step_errors: [{ step: '0', error: 'KeyError' }] }],
    ['a swallowed failure', { received: { mem: [DELIVERED] }, swallowed: [{ stage: 'processor', level: 'error' }] }],
    ['a refused start', { construction_error: 'ValueError' }],
    ['a call of Segment too few', { received: { mem: [DELIVERED] }, segment_calls: [{ user_id: 1 }] }],
    ['what nothing here can produce', { received: { mem: [DELIVERED] }, bus_messages: [{}] }],
  ])('fails a contract case over %s', async (_what, expected) => {
    expect(await runCase({ ...good, expected })).toMatchObject({ status: 'failed' });
    expect(await runCase({ ...good, expected, depends_on: ['value-kinds', 'fatal-signals'] })).toMatchObject({
      status: 'failed',
    });
  });

  describe('given a case in which something differs for a known reason', () => {
    const nan = { $type: 'float', value: 'nan' };
    const steps = [{ op: 'emit', name: 'a', data: { k: 1, n: nan }, at: AT }];
    const event = { ...DELIVERED, data: { k: 1, n: nan } };

    it.each(['contract', 'defect'])('accepts a %s that differs in that only', async (status) => {
      const vector = { ...good, status, steps, expected: { received: { mem: [event] } } };
      expect(await runCase(vector)).toMatchObject({
        status: status === 'contract' ? 'differs' : 'decided',
        reason: '0020 what is not a finite number is null',
        differences: [{ place: 'received.mem[0].data.n' }],
      });
    });

    it.each<[string, object]>([
      ['a value', { received: { mem: [{ ...event, data: { k: 2, n: nan } }] } }],
      ['a key', { received: { mem: [{ ...event, data: { k: 1, n: nan, l: nan } }] } }],
      ['the value of the known difference', { received: { mem: [{ ...event, data: { k: 1, n: 0 } }] } }],
      ['a context', { received: { mem: [{ ...event, context: { u: 1 } }] } }],
      ['a name', { received: { mem: [{ ...event, name: 'b' }] } }],
      ['an event', { received: { mem: [event, event] } }],
      ['a failed step', { received: { mem: [event] }, step_errors: [{ step: '0' }] }],
      ['a failed backend', { received: { mem: [event] }, swallowed: [{ stage: 'backend' }] }],
      ['a message on the bus', { received: { mem: [event] }, bus_messages: [{}] }],
      ['the start', { construction_error: 'ValueError' }],
    ])('fails it over %s as well, and reports that alone', async (_what, expected) => {
      for (const status of ['contract', 'defect']) {
        const outcome = await runCase({ ...good, status, steps, expected, depends_on: ['nan', 'value-kinds'] });
        expect(outcome).toMatchObject({
          status: 'failed',
          reason: 'not explained by 0020 what is not a finite number is null',
        });
        expect(outcome.differences).not.toContainEqual(expect.objectContaining({ expected: nan, got: null }));
      }
    });
  });

  it('passes a defect case that turns out the same, and fails another that no decision covers', async () => {
    const defect = { ...good, status: 'defect' };
    expect(await runCase(defect)).toMatchObject({ status: 'passed' });
    expect(await runCase({ ...defect, expected: { received: {} } })).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('no decision'),
    });
  });

  it('tells a decided defect by what the case does', async () => {
    const steps = [{ op: 'emit', name: 42, data: { k: 1 }, at: AT }];
    const expected = { received: { mem: [{ ...DELIVERED, name: 42 }] } };
    expect(await runCase({ ...good, status: 'defect', steps, expected })).toMatchObject({
      status: 'decided',
      reason: '0016 names are text',
    });
  });

  it('skips a case by the part it needs', async () => {
    const steps = [{ op: 'register_backend', name: 's', backend: { kind: 'segment' } }];
    expect(await runCase({ ...good, steps })).toMatchObject({
      status: 'skipped',
      reason: 'needs a way to register a destination at run time',
    });
  });

  describe('given a case with a Segment backend', () => {
    const properties = {
      name: 'a',
      timestamp: AT,
      data: { when: { $type: 'datetime', value: AT } },
      context: { user_id: 1 },
    };
    const call = { user_id: 1, event: 'a', properties, context: {} };
    const toSegment = (expected: unknown[]): object => ({
      ...good,
      tracker: { backends: { seg: { kind: 'segment' } } },
      steps: [
        { op: 'enter', name: 'c', context: { user_id: 1 } },
        { op: 'emit', name: 'a', data: properties.data, at: AT },
      ],
      expected: { received: {}, segment_calls: expected },
    });

    it('passes when what came over the wire is what is expected', async () => {
      expect(await runCase(toSegment([call]))).toEqual({ status: 'passed', reason: '', differences: [] });
    });

    it.each<[string, unknown[]]>([
      ['a call too few', []],
      ['a call too many', [call, call]],
      ['a user', [{ ...call, user_id: 2 }]],
      ['a name', [{ ...call, event: 'b' }]],
      ['a context', [{ ...call, context: { ip: '::1' } }]],
      ['a property', [{ ...call, properties: { ...properties, more: 1 } }]],
      ['a time', [{ ...call, properties: { ...properties, timestamp: '2024-02-03T04:05:00.788000+00:00' } }]],
      ['what has no JSON form', [{ ...call, context: { $type: 'opaque' } }]],
    ])('fails over %s', async (_what, expected) => {
      expect(await runCase(toSegment(expected))).toMatchObject({ status: 'failed' });
    });
  });

  it('uses a name that we cannot take at its place in the order', async () => {
    const kinds = { kind: 'memory' };
    const paths = ['a b', 'a-', 'z', 'é'];
    const vector = {
      ...good,
      tracker: { backends: { é: kinds, z: kinds, 'a-': kinds, 'a b': kinds } },
      expected: { received: Object.fromEntries(paths.map((path) => [path, [DELIVERED]])), delivery_order: paths },
    };
    expect(await runCase(vector)).toEqual({ status: 'passed', reason: '', differences: [] });
  });

  it.each<[string, unknown, string]>([
    ['what is no case', 7, 'a case is 7'],
    ['no tracker', { ...good, tracker: undefined }, 'tracker'],
    ['an unknown status', { ...good, status: 'wish' }, 'wish'],
    ['an unknown operation', { ...good, steps: [{ op: 'dance' }] }, 'dance'],
    ['an unknown backend', { ...good, tracker: { backends: { a: { kind: 'pigeon' } } } }, 'pigeon'],
    ['an unknown processor', { ...good, tracker: { ...MEM, processors: [{ kind: 'shredder' }] } }, 'shredder'],
    ['an unknown error', { ...good, tracker: { ...MEM, processors: [{ kind: 'fail', error: 'odd' }] } }, 'odd'],
    ['an unknown field', { ...good, steps: [{ op: 'exit', name: 'a', twice: true }] }, 'twice'],
    ['an unknown value tag', { ...good, steps: [{ op: 'emit', data: { $type: 'riddle' } }] }, 'riddle'],
    ['a time that is none', { ...good, steps: [{ op: 'emit', name: 'a', at: 'soon' }] }, 'soon'],
    ['a label that is none', { ...good, steps: [{ op: 'mutate', ref: 'r', path: ['k'], value: 1 }] }, '"r"'],
  ])('fails a case with %s and says so', async (_what, vector, said) => {
    const { status, reason } = await runCase(vector);
    expect(status).toBe('failed');
    expect(reason).toContain(said);
  });

  describe('given a folder', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'vectors-'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it.each([
      ['no JSON', '{'],
      ['no file of the format', '{"format": 2, "cases": []}'],
      ['no list of cases', '{"format": 1, "cases": {}}'],
      ['no mapping', '[]'],
    ])('reports a file that is %s and reads the others', (_what, content) => {
      writeFileSync(join(folder, 'a.json'), content);
      writeFileSync(join(folder, 'b.json'), JSON.stringify({ format: 1, cases: [good] }));
      expect(readVectors(folder)).toEqual([
        { name: 'a.json', cases: [], fault: expect.any(String) },
        { name: 'b.json', cases: [good] },
      ]);
    });

    it('reports a folder that holds no vectors or is not there', () => {
      expect(readVectors(folder)).toEqual([
        expect.objectContaining({ fault: expect.stringContaining('no .json file') }),
      ]);
      expect(readVectors(join(folder, 'gone'))).toEqual([
        expect.objectContaining({ fault: expect.stringContaining('ENOENT') }),
      ]);
    });
  });
});
