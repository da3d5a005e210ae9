import {
  EventBusBackend,
  LoggerBackend,
  MemoryBackend,
  NameAllowlist,
  RegexFilter,
  TrackingConfigException,
  backend,
  processor,
} from 'nestjs-event-tracking';
import { join } from 'node:path';
import { pino } from 'pino';
import { startTracking } from '../support/start-tracking';
import { CaseBus } from './event-bus';
import { runCase } from './runner';
import { readVectors } from './vectors';

const WRITTEN = readVectors(join(__dirname, 'written')).flatMap(({ cases }) => cases as { readonly id: string }[]);
const NAMES = { a: true } as never;

/**
 * By the id of each case, the decision under which its difference is to be reported. Nothing but
 * this table knows an id.
 */
const DECISIONS: Readonly<Record<string, string>> = {
  'bus-sends-long-integers': '0122',
  'bus-receives-long-integers': '0122',
  'bus-below-a-branch-does-not-receive': '0123',
  'bus-below-a-bus-does-not-receive': '0123',
  'names-as-a-mapping': '0124',
  'names-as-a-tagged-mapping': '0124',
  'expressions-as-a-mapping': '0124',
  'bus-names-as-a-mapping': '0124',
  'bus-names-as-a-text': '0124',
  'level-exception': '0125',
  'level-log': '0125',
  'backend-replaces-data': '0028',
  'backend-renames': '0028',
  'backend-replaces-the-context': '0028',
  'backend-adds-a-field': '0028',
  'context-changed-in-a-scope': '0013',
  'context-made-uncopyable': '0013',
  'bus-entry-without-json': '0126',
  'bus-entry-with-a-list-for-context': '0126',
  'bus-entry-with-a-context-of-null': '0126',
  'queue-below-a-branch': '0070',
  'queue-below-the-root-with-a-namesake': '0070',
  'queue-below-a-queue': '0070',
};

describe('A difference of a decided kind', () => {
  it.each(Object.entries(DECISIONS))('is told by the content of %s (%s)', async (id, number) => {
    const vector = WRITTEN.find((each) => each.id === id);
    for (const status of ['contract', 'defect']) {
      const { status: outcome, reason } = await runCase({ ...vector, id: 'any', title: 'any', status });
      if (outcome === 'skipped') return;
      expect(outcome).toBe(status === 'defect' ? 'decided' : 'differs');
      expect(reason).toContain(number);
    }
  });
});

describe('Where the reference takes what it cannot use, the tracker', () => {
  it.each([
    ['names', { processors: [processor(NameAllowlist, { names: NAMES })] }],
    ['regularExpressions', { processors: [processor(RegexFilter, { regularExpressions: NAMES })] }],
    ['allowedEvents', { backends: { bus: new CaseBus().describe({ enabled: true, allowed_names: NAMES }, {}) } }],
  ])('0124: refuses a mapping for %s', async (option, options) => {
    const start = startTracking(options);
    await expect(start).rejects.toThrow(TrackingConfigException);
    await expect(start).rejects.toThrow(`${option} is an object; expected a list of`);
  });

  it.each([
    ['level', { level: 'exception' as never }],
    ['level', { level: 'log' as never }],
    ['maxEventBytes', { maxEventBytes: '1024' as never }],
    ['maxEventBytes', { maxEventBytes: -1 }],
  ])('0125: refuses a logger with another %s: %j', async (option, options) => {
    const start = startTracking({ backends: { log: backend(LoggerBackend, { pino: pino(), ...options }) } });
    await expect(start).rejects.toThrow(TrackingConfigException);
    await expect(start).rejects.toThrow(`${option} is `);
  });

  it('0126: keeps an entry that is no event as a dead letter, and delivers those around it', async () => {
    const bus = new CaseBus();
    const run = await startTracking({
      consumers: { bus: bus.describeConsumer() },
      backends: { bus: backend(EventBusBackend, {}, { backends: { memory: backend(MemoryBackend) } }) },
    });
    const entry = { name: 'e', timestamp: '2024-01-02T03:04:05.678Z', data: '{}', context: '{}' };
    for (const odd of [{}, { data: '{"k": ' }, { data: null }, { context: '[1]' }, { timestamp: null }, {}])
      await bus.deliver({ ...entry, ...odd });
    expect(run.events('bus/memory')).toHaveLength(2);
    expect(run.tracker.deadLetters.list().map(({ reason }) => reason)).toEqual([
      expect.stringContaining('its data is not JSON'),
      expect.stringContaining('its data is not JSON'),
      expect.stringContaining('its context is not a JSON object'),
      expect.stringContaining('its timestamp is no time'),
    ]);
  });
});
