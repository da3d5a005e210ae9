/**
 * Engine for the reference's MongoBackend. The root entry point does not include it, because that
 * would require mongoose. The application passes it in: `backendsFromSettings(settings,
 * mongooseEngines)`. The reference's backend opens its connection itself. Here each of these nodes
 * gets a separate connection, named after the node's path in the settings.
 */
import type { MongooseModuleOptions } from '@nestjs/mongoose';
import { MongoBackend } from '../backends/mongo/mongo.backend';
import { MongooseModule } from '../backends/mongo/peers';
import { backend } from '../routing/description';
import { showOption } from '../common/tracking-config.exception';
import { OptionReader } from './option-reader';
import { isList, type Mapping } from './plain-settings';
import type { DescribeOpenEdxNode, OpenEdxOptions, OpenEdxEngines } from './settings-engine';

const mongoBackend: DescribeOpenEdxNode = (options, node) => {
  const read = new OptionReader(options, node);
  const url = urlOf(read, options);
  const database = read.text('database') ?? 'eventtracking';
  const collection = read.text('collection') ?? 'events';
  const { user, password } = { user: read.text('user'), password: read.secret('password') };
  const extra = clientOptions(read.mapping('extra', '"extra": { "replicaSet": "rs0" }'), read);
  if ((user === undefined) !== (password === undefined) && extra['authMechanism'] === undefined) {
    const [given, missing] = user === undefined ? ['password', 'user'] : ['user', 'password'];
    read.refuse(given, `it is set without ${missing}.`, `add "${missing}", or leave "${given}" out`);
  }
  read.done();
  const { writeConcern, ...client } = extra;
  const connectionName = node.path;
  const connection: MongooseModuleOptions = {
    connectionName,
    lazyConnection: true,
    // The reference logs in to the database that it writes to.
    ...(user !== undefined && {
      auth: { username: user, ...(password !== undefined && { password }) },
      authSource: database,
    }),
    ...client,
  };
  return backend(
    MongoBackend,
    { connectionName, database, collection, ...(writeConcern && { writeConcern }) },
    { imports: [MongooseModule.forRoot(url, connection)] },
  );
};

/** Engines by dotted ENGINE name, for the second argument of `backendsFromSettings`. */
export const mongooseEngines: OpenEdxEngines = { 'eventtracking.backends.mongodb.MongoBackend': mongoBackend };

const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i;

/**
 * Builds the URL. `host` can be a name, a name with a port, a list of these, or a full URL, as for
 * the reference's driver.
 */
function urlOf(read: OptionReader, options: OpenEdxOptions): string {
  const fix = '"host": "db.example.com", or a URL: "mongodb://db.example.com/?replicaSet=rs0"';
  const port = read.port('port', 27017) ?? 27017;
  const given = options['host'];
  const hosts = isList(given) ? read.texts('host', fix) : [read.text('host') ?? 'localhost'];
  const [first = ''] = hosts ?? [];
  if (hosts?.length === 1 && /^mongodb(\+srv)?:\/\//.test(first)) return first;
  // The value is not shown, because a malformed URL may contain a password.
  if (hosts?.every((host) => HOST.test(host)) !== true || first === '')
    read.refuse('host', 'it is not the name of a host.', fix);
  const withPort = (host: string): string =>
    /:\d+$/.test(host.replace(/^\[.*\]/, '')) ? host : `${host}:${String(port)}`;
  return `mongodb://${(hosts ?? []).map(withPort).join(',')}/`;
}

/**
 * Options with the same name in both drivers, except for upper and lower case, which the Python
 * driver ignores.
 */
const SAME_NAME = [
  'appName',
  'authMechanism',
  'authSource',
  'compressors',
  'connectTimeoutMS',
  'directConnection',
  'heartbeatFrequencyMS',
  'localThresholdMS',
  'maxConnecting',
  'maxIdleTimeMS',
  'maxPoolSize',
  'minPoolSize',
  'readPreference',
  'replicaSet',
  'retryReads',
  'retryWrites',
  'serverSelectionTimeoutMS',
  'socketTimeoutMS',
  'tls',
  'tlsAllowInvalidCertificates',
  'tlsAllowInvalidHostnames',
  'tlsCAFile',
  'tlsCertificateKeyFile',
  'tlsCertificateKeyFilePassword',
  'tlsInsecure',
  'waitQueueTimeoutMS',
  'zlibCompressionLevel',
];

const OTHER_NAME: Readonly<Record<string, string>> = {
  ssl: 'tls',
  ssl_ca_certs: 'tlsCAFile',
  ssl_certfile: 'tlsCertificateKeyFile',
};

const NAMES = new Map([...SAME_NAME.map((name) => [name.toLowerCase(), name] as const), ...Object.entries(OTHER_NAME)]);
const OF_WRITING = new Map([
  ['w', 'w'],
  ['j', 'journal'],
  ['journal', 'journal'],
  ['wtimeout', 'wtimeoutMS'],
  ['wtimeoutms', 'wtimeoutMS'],
]);

/** Splits `extra` into options of the client and options of the write concern. */
function clientOptions(extra: Mapping, read: OptionReader): Mapping & { writeConcern?: object } {
  const client: Record<string, unknown> = {};
  const writeConcern: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(extra)) {
    const folded = name.toLowerCase();
    const known = NAMES.get(folded);
    const ofWriting = OF_WRITING.get(folded);
    if (known !== undefined) client[known] = value;
    else if (ofWriting !== undefined) writeConcern[ofWriting] = value;
    else if (folded !== 'tz_aware') refuseExtra(name, read); // a Date has no time zone
  }
  if (writeConcern['w'] === 0) {
    const what = '"w" is 0: MongoDB would not report failed writes, and events would be lost unnoticed.';
    read.refuse('extra', what, 'leave "w" out, which is 1 here, or "w": "majority"');
  }
  return { ...client, ...(Object.keys(writeConcern).length > 0 && { writeConcern }) };
}

function refuseExtra(name: string, read: OptionReader): void {
  const fix =
    'leave it out, or describe the node yourself: (options) => backend(MongoBackend, { ... }, ' +
    '{ imports: [MongooseModule.forRoot(url, { lazyConnection: true, ... })] })';
  read.refuse('extra', `${showOption(name, SAME_NAME)} has no known counterpart in the driver for Node.`, fix);
}
