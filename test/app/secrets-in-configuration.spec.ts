import {
  AddContext,
  AsyncRoutingBackend,
  Dedupe,
  defineContext,
  defineEvent,
  DropFields,
  Enrich,
  EventBusBackend,
  HttpBackend,
  LoggerBackend,
  MemoryBackend,
  NameAllowlist,
  RateLimit,
  Redact,
  RegexFilter,
  RenameEvent,
  Sample,
} from 'nestjs-event-tracking';
import { backendsFromSettings } from 'nestjs-event-tracking/openedx';
import { bullQueue } from '../../src/entries/bull';
import { kafka, KafkaConsumer } from '../../src/entries/kafka';
import { MongoBackend, mongooseEngines } from '../../src/entries/mongoose';
import { redisStreams, RedisStreamsConsumer } from '../../src/entries/redis-streams';
import { SegmentBackend } from '../../src/entries/segment';
import { hasSecret, PLACEMENTS, SECRETS, shownBy } from './secret-placements';

type Options = Readonly<Record<string, unknown>>;

/** Something that takes options. */
interface Subject {
  readonly make: (options: never) => unknown;
  /** The options that it takes; the dots are levels: `hash.keys`. */
  readonly options: readonly string[];
  /** Options without errors. */
  readonly right: Options;
}

/**
 * What is shown all the same: names of backends and consumers, which are keys under these options,
 * and names of classes. Both are in every log line of theirs. A string that does not have the form
 * of a name is not shown even there. What these tests do not reach: paths of files, regular
 * expressions, and names of trackers and queues, which are shown where they are used.
 */
const KEYS_ARE_NAMES = ['EVENT_TRACKING_BACKENDS', 'backends'];

const HASH = { keys: { k1: 'a secret of the operator' }, current: 'k1' };
const TARGET = [
  'url',
  'connection',
  'connection.keyPrefix',
  'connection.password',
  'connection.host',
  'connection.tls',
];
const OF_KAFKA = ['brokers', 'clientId', 'tls', 'tls.ca', 'sasl', 'sasl.password', 'connectTimeoutMs', 'kafkajs'];
const { env } = process;

const SUBJECTS: Readonly<Record<string, Subject>> = {
  AddContext: { make: (o) => new AddContext(o), options: ['values', 'override'], right: { values: { a: 1 } } },
  Dedupe: { make: (o) => new Dedupe(o), options: ['withinMs', 'by', 'maxKeys'], right: { withinMs: 1 } },
  DropFields: { make: (o) => new DropFields(o), options: ['paths'], right: { paths: ['data.a'] } },
  Enrich: {
    make: (o) => new Enrich(o),
    options: ['key', 'lookup', 'into', 'onMiss', 'override'],
    right: { key: 'data.a', lookup: () => null },
  },
  NameAllowlist: { make: (o) => new NameAllowlist(o), options: ['names'], right: { names: ['a'] } },
  RateLimit: {
    make: (o) => new RateLimit(o),
    options: ['perSecond', 'burst', 'by', 'maxKeys'],
    right: { perSecond: 1 },
  },
  Redact: {
    make: (o) => new Redact(o),
    options: [
      ...['paths', 'keys', 'when', 'marks', 'action', 'action.mask', 'action.hash'],
      ...['action.hash.keys', 'action.hash.keys.k1', 'action.hash.current'],
    ],
    right: { keys: ['a'], action: { hash: HASH } },
  },
  'Redact.hashes': {
    make: (o) => Redact.hashes('value', o),
    options: ['keys', 'keys.k1', 'current'],
    right: HASH,
  },
  RegexFilter: {
    make: (o) => new RegexFilter(o),
    options: ['filterType', 'regularExpressions'],
    right: { regularExpressions: ['a'] },
  },
  RenameEvent: { make: (o) => new RenameEvent(o), options: ['names'], right: { names: { a: 'b' } } },
  Sample: {
    make: (o) => new Sample(o),
    options: ['rates', 'rates.a', 'defaultRate', 'by', 'seed', 'writeShare'],
    right: { rates: { a: 1 } },
  },
  AsyncRoutingBackend: {
    make: (o) => new AsyncRoutingBackend(o),
    options: ['queue', 'processIn', 'when'],
    right: { processIn: 'worker' },
  },
  EventBusBackend: {
    make: (o) => new EventBusBackend(o),
    options: ['producer', 'enabled', 'allowedEvents', 'topic', 'catalogTopic'],
    right: { topic: 'a' },
  },
  HttpBackend: {
    make: (o) => new HttpBackend(o),
    options: [
      'url',
      'method',
      'headers',
      'headers.authorization',
      'format',
      'gzip',
      'readStatus',
      'keepAlive',
      'agent',
    ],
    right: { url: 'http://127.0.0.1:9/', headers: { authorization: 'Bearer x' } },
  },
  LoggerBackend: {
    make: (o) => new LoggerBackend(o),
    options: ['path', 'pino', 'logger', 'level', 'format', 'sync', 'mode', 'maxEventBytes', 'maxHeldBytes'],
    right: {},
  },
  MemoryBackend: { make: (o) => new MemoryBackend(o), options: ['maxEvents'], right: {} },
  MongoBackend: {
    make: (o) => new MongoBackend(o),
    options: [
      ...[
        'connectionName',
        'database',
        'collection',
        'catalogCollection',
        'indexes',
        'expireAfterSeconds',
        'timeSeries',
      ],
      ...['metaField', 'granularity', 'writeConcern', 'writeConcern.w', 'transform'],
    ],
    right: { timeSeries: true, writeConcern: { w: 1 } },
  },
  SegmentBackend: {
    make: (o) => new SegmentBackend(o),
    options: ['writeKey', 'host', 'gzip', 'keepAlive', 'agent', 'client', 'anonymousId'],
    right: { writeKey: 'w' },
  },
  bullQueue: {
    make: ({ name, ...o }: { name: never }) => bullQueue(name, o),
    options: ['name', 'concurrency'],
    right: { name: 'a' },
  },
  kafka: {
    make: kafka,
    options: [
      ...OF_KAFKA,
      ...['key', 'registry', 'schemaId', 'keySchemaId', 'acks', 'requestTimeoutMs', 'source', 'sourcelib'],
    ],
    right: { brokers: ['127.0.0.1:9'] },
  },
  KafkaConsumer: {
    make: (o) => new KafkaConsumer(o),
    options: [...OF_KAFKA, 'group', 'topic', 'topics', 'start', 'maxInFlight', 'sessionTimeoutMs'],
    right: { brokers: ['127.0.0.1:9'], group: 'a' },
  },
  redisStreams: {
    make: redisStreams,
    options: [...TARGET, 'keyPrefix', 'maxLen', 'source'],
    right: { url: 'redis://127.0.0.1:9', connection: {} },
  },
  RedisStreamsConsumer: {
    make: (o) => new RedisStreamsConsumer(o),
    options: [...TARGET, 'group', 'topic', 'topics', 'keyPrefix', 'name', 'start', 'count', 'blockMs'],
    right: { url: 'redis://127.0.0.1:9', connection: {}, group: 'a' },
  },
  defineEvent: {
    make: (o) => defineEvent('a', o),
    options: [
      'title',
      'description',
      'data',
      'source',
      'version',
      'pii',
      'examples',
      'history',
      'retentionDays',
      'contexts',
    ],
    right: {},
  },
  defineContext: {
    make: (o) => defineContext('a', o),
    options: ['title', 'description', 'fields', 'schema'],
    right: {},
  },
  'the options of backendsFromSettings': {
    make: (o) => backendsFromSettings(env, {}, o),
    options: [
      'logger',
      'logger.path',
      'logger.pino',
      'segment',
      'segment.writeKey',
      'segment.host',
      'eventBus',
      'eventBus.topic',
    ],
    right: { logger: {}, segment: { writeKey: 'w' }, eventBus: {} },
  },
  'the engines of backendsFromSettings': {
    make: (o) => backendsFromSettings({ EVENT_TRACKING_BACKENDS: { a: { ENGINE: 'my.module.Mine' } } }, o),
    options: ['my.module.Mine'],
    right: {},
  },
  'the settings of the reference': {
    make: (o) => backendsFromSettings(o, mongooseEngines, { segment: { writeKey: 'w' } }),
    options: ['EVENT_TRACKING_ENABLED', 'SEND_TRACKING_EVENT_EMITTED_SIGNAL', 'EVENT_BUS_TRACKING_LOGS'].concat(
      ['EVENT_TRACKING_PROCESSORS', 'EVENT_TRACKING_BACKENDS'].flatMap((name) => [name, `${name}.a`]),
    ),
    right: { EVENT_TRACKING_BACKENDS: { logs: { ENGINE: 'eventtracking.backends.logger.LoggerBackend' } } },
  },
  ...settingsOf('logger.LoggerBackend', ['name', 'max_event_size', 'level']),
  ...settingsOf('routing.RoutingBackend', ['processors', 'backends', 'backends.a']),
  ...settingsOf('async_routing.AsyncRoutingBackend', ['backend_name', 'processors', 'backends']),
  ...settingsOf('event_bus.EventBusRoutingBackend', ['backend_name', 'processors', 'backends']),
  ...settingsOf('segment.SegmentBackend', ['host']),
  ...settingsOf('mongodb.MongoBackend', [
    ...['host', 'port', 'user', 'password', 'database', 'collection', 'extra', 'extra.tlsCAFile', 'extra.ssl'],
  ]),
  ...settingsOf('regex_filter.RegexFilter', ['filter_type', 'regular_expressions'], 'processors'),
  ...settingsOf('whitelist.NameWhitelistProcessor', ['whitelist'], 'processors'),
};

/** One node of the reference's settings, of which `options` are the OPTIONS. */
function settingsOf(engine: string, options: readonly string[], kind = 'backends'): Readonly<Record<string, Subject>> {
  const setting = `EVENT_TRACKING_${kind.toUpperCase()}`;
  const treeOf = (node: unknown): unknown => (kind === 'backends' ? { node } : [node]);
  const make = (o: Options): unknown => {
    const node = { ENGINE: `eventtracking.${kind}.${engine}`, OPTIONS: o, ...(o['beside'] as object) };
    const settings = { segment: { writeKey: 'w' } };
    return backendsFromSettings({ [setting]: treeOf(node) }, mongooseEngines, settings);
  };
  return { [`settings of ${engine}`]: { make: make, options: [...options, 'beside'], right: {} } };
}

/** `right` with the value under the path `option`. */
function withOption(right: Options, option: string, value: unknown): Options {
  if (option in right || !option.includes('.') || option === 'my.module.Mine') return { ...right, [option]: value };
  const at = option.indexOf('.');
  const [name, below] = [option.slice(0, at), option.slice(at + 1)];
  const inner = (right[name] ?? {}) as Options;
  return { ...right, [name]: withOption(inner, below, value) };
}

function isName(secret: string): boolean {
  return /^[\w.-]+$/.test(secret);
}

/** All wrong options for one secret, by what is wrong. */
function* mistakes({ options, right }: Subject, secret: string): Iterable<readonly [what: string, options: unknown]> {
  for (const [how, place] of PLACEMENTS) {
    yield [`in the place of the options, ${how}`, place(secret)];
    for (const option of options) {
      if (how.startsWith('as a key') && isName(secret) && KEYS_ARE_NAMES.includes(option)) continue;
      yield [`${option} has it ${how}`, withOption(right, option, place(secret))];
    }
  }
  const parents = options.filter((name) => name.includes('.')).map((name) => name.replace(/\.[^.]*$/, ''));
  for (const parent of new Set(['', ...parents])) {
    if (isName(secret) && KEYS_ARE_NAMES.includes(parent)) continue;
    const option = parent === '' ? secret : `${parent}.${secret.replaceAll('.', '_')}`;
    yield [
      `an option of ${parent} is called like it`,
      parent === '' ? { ...right, [option]: 5 } : withOption(right, option, 5),
    ];
  }
}

function thrownBy(make: () => unknown): string {
  try {
    make();
    return '';
  } catch (error) {
    return shownBy(error);
  }
}

describe.each(SECRETS)('A secret (%s) in a wrong place', (_shape, secret) => {
  it.each(Object.entries(SUBJECTS))('is in no error of %s', (_name, subject) => {
    const telling = [...mistakes(subject, secret)].flatMap(([what, options]) => {
      const shown = thrownBy(() => subject.make(options as never));
      return hasSecret(shown) ? [{ what, shown: shown.slice(0, 300) }] : [];
    });
    expect(telling).toEqual([]);
  });
});
