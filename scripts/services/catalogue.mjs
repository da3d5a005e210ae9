// @ts-check
// The servers that tests need, and how each can be had where it is neither named by the environment
// nor on the PATH.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptInstall } from './apt.mjs';
import { inFolder, remove } from './cache.mjs';
import { onPath, run } from './processes.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const tenMinutes = 600_000;

/**
 * {port}, {otherPort} and {folder} are filled in at the start: services.json carries the arguments,
 * for tests that start a server of their own.
 */
const redisArgs = [
  ...['--port', '{port}', '--bind', '127.0.0.1', '--dir', '{folder}', '--daemonize', 'no'],
  ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'], // what was acknowledged outlives a kill -9
];
const toxiproxyArgs = ['-host', '127.0.0.1', '-port', '{port}'];

export const catalogue = {
  redis: {
    variable: 'REDIS_URL',
    scheme: 'redis',
    program: 'redis-server',
    args: redisArgs,
    install: redisByApt,
    composePort: 6379,
  },
  mongo: {
    variable: 'MONGO_URL',
    scheme: 'mongodb',
    program: 'mongod',
    args: ['--port', '{port}', '--bind_ip', '127.0.0.1', '--dbpath', '{folder}', '--quiet'],
    install: mongolikeByGo,
    composePort: 27017,
  },
  postgres: {
    // Not DATABASE_URL: on many machines it names the database of an application.
    variable: 'POSTGRES_URL',
    scheme: 'postgres',
    user: 'postgres',
    path: '/postgres',
    program: undefined, // Debian keeps it off the PATH, next to the initdb that it needs
    args: [],
    install: installedPostgres,
    composePort: 5432,
    endSignal: 'SIGINT', // SIGTERM waits until every client has left
  },
  toxiproxy: {
    variable: 'TOXIPROXY_URL',
    scheme: 'http',
    program: 'toxiproxy-server',
    args: toxiproxyArgs,
    install: toxiproxyByGo,
    // In a container it would neither reach the servers of this machine's loopback nor show its
    // proxies there.
    composePort: undefined,
  },
  kafka: {
    variable: 'KAFKA_BROKERS',
    scheme: undefined, // a list of host:port
    program: undefined, // there is none that takes its ports as arguments
    args: [],
    install: kafkaByMaven,
    composePort: 9092,
  },
  registry: {
    variable: 'SCHEMA_REGISTRY_URL',
    scheme: 'http',
    path: '/apis/ccompat/v7',
    program: undefined,
    args: [],
    install: registryByMaven,
    composePort: undefined,
  },
  lrs: {
    variable: 'LRS_URL',
    scheme: 'http',
    user: 'tests:tests',
    path: '/xAPI',
    program: undefined,
    args: [],
    install: ralphByPip,
    composePort: undefined,
  },
};

/** @returns where the program is, its arguments, and where it is from */
async function redisByApt(tell) {
  await aptInstall('redis-server', tell);
  const path = onPath('redis-server');
  if (!path) throw new Error('apt-get installed redis-server, and it is not on the PATH');
  return { path, args: redisArgs, how: 'apt' };
}

async function installedPostgres(tell) {
  const path = onPath('sh');
  if (!path) throw new Error('sh is not on the PATH');
  let bin = postgresFolder();
  const how = bin ? 'PATH' : 'apt';
  if (!bin) await aptInstall('postgresql', tell);
  bin ??= postgresFolder();
  if (!bin) throw new Error('apt-get installed postgresql, and there is no initdb in /usr/lib/postgresql');
  return { path, args: ['-c', startPostgres(), 'postgres', bin, '{port}', '{folder}'], how };
}

/** The script that starts PostgreSQL, as text: it may be run when this checkout is gone. */
export function startPostgres() {
  return readFileSync(join(here, 'postgres', 'start.sh'), 'utf8');
}

/** The folder with `postgres` and `initdb`: of the PATH, or the newest of Debian's. */
export function postgresFolder() {
  const path = onPath('postgres');
  if (path && existsSync(join(dirname(path), 'initdb'))) return dirname(path);
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(debian, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

// A workspace or flags of the machine must not change what is built; without cgo there need be no C
// compiler.
const goEnvironment = { GOWORK: 'off', CGO_ENABLED: '0' };
const goFlags = ['-buildvcs=false', '-trimpath', '-ldflags', '-s -w'];

async function mongolikeByGo(tell) {
  const build = ['build', ...goFlags, '-tags', 'ferretdb_no_postgresql'];
  const sources = join(here, 'mongolike');
  const hash = createHash('sha256').update(JSON.stringify([build, process.platform, process.arch]));
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(sources, file)));
  const path = inFolder('bin', `mongolike-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(path)) {
    needsGo();
    tell('building mongolike (FerretDB) with Go, once: one to three minutes');
    await run('go', [...build, '-o', `${path}.new`, '.'], {
      cwd: sources,
      env: goEnvironment,
      logFile: inFolder('log/mongolike-build.log'),
      timeoutMs: tenMinutes,
    });
    renameSync(`${path}.new`, path); // whole or not there
  }
  return { path, args: ['-listen', '127.0.0.1:{port}', '-folder', '{folder}'], how: 'go' };
}

async function toxiproxyByGo(tell) {
  const version = 'v2.12.0';
  const folder = inFolder('bin', `toxiproxy-${version}-${process.platform}-${process.arch}`);
  if (!existsSync(folder)) {
    needsGo();
    tell('building toxiproxy with Go, once');
    remove('bin', 'toxiproxy.new');
    mkdirSync(inFolder('bin', 'toxiproxy.new'));
    await run('go', ['install', ...goFlags, `github.com/Shopify/toxiproxy/v2/cmd/server@${version}`], {
      env: { ...goEnvironment, GOBIN: inFolder('bin', 'toxiproxy.new') },
      logFile: inFolder('log/toxiproxy-build.log'),
      timeoutMs: tenMinutes,
    });
    renameSync(inFolder('bin', 'toxiproxy.new'), folder);
  }
  return { path: join(folder, 'server'), args: toxiproxyArgs, how: 'go' };
}

async function kafkaByMaven(tell) {
  needsMaven('name brokers in KAFKA_BROKERS');
  const pom = readFileSync(join(here, 'kafka', 'pom.xml'));
  const libs = inFolder('bin', `kafka-${createHash('sha256').update(pom).digest('hex').slice(0, 16)}`);
  if (!existsSync(libs)) {
    tell('fetching the jars of Kafka with Maven, once: 43 MB');
    remove('bin', 'kafka.new');
    const copy = ['dependency:copy-dependencies', '-DoutputDirectory=' + inFolder('bin', 'kafka.new')];
    await maven(['-f', join(here, 'kafka', 'pom.xml'), ...copy, '-DincludeScope=runtime'], 'log/kafka-maven.log');
    renameSync(inFolder('bin', 'kafka.new'), libs);
  }
  // As text: another checkout may start it when this one is gone.
  const script = readFileSync(join(here, 'kafka', 'start.sh'), 'utf8');
  return {
    path: onPath('sh'),
    args: ['-c', script, 'kafka', libs, '{port}', '{otherPort}', '{folder}'],
    how: 'Maven',
  };
}

/** Apicurio, which has the API of Confluent's Schema Registry; it keeps everything in memory. */
async function registryByMaven(tell) {
  needsMaven('name a registry in SCHEMA_REGISTRY_URL');
  const version = '3.0.9';
  const libs = inFolder('bin', `apicurio-${version}`);
  if (!existsSync(libs)) {
    tell('fetching Apicurio with Maven, once: 109 MB');
    remove('bin', 'apicurio.new');
    const artifact = `-Dartifact=io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
    const unpack = ['dependency:unpack', artifact, `-DoutputDirectory=${inFolder('bin', 'apicurio.new')}`];
    await maven(unpack, 'log/registry-maven.log');
    renameSync(inFolder('bin', 'apicurio.new'), libs);
  }
  const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx192m', '-Dquarkus.http.host=127.0.0.1'];
  const jar = join(libs, `apicurio-registry-app-${version}-runner.jar`);
  const quiet = ['-Dquarkus.http.access-log.enabled=false', '-Dquarkus.management.enabled=false'];
  return {
    path: onPath('java'),
    args: [...java, ...quiet, '-Dquarkus.http.port={port}', '-jar', jar],
    how: 'Maven',
  };
}

/** Ralph in a virtual environment of its own. */
async function ralphByPip(tell) {
  const python = onPath('python3');
  if (!python) throw new Error('python3 is not on the PATH (Python 3.9 or newer; or name an LRS in LRS_URL)');
  const requirements = join(here, 'ralph', 'requirements.txt');
  // A virtual environment belongs to one version of Python.
  const version = spawnSync(python, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const hash = createHash('sha256').update(version).update(readFileSync(requirements)).digest('hex');
  const folder = inFolder('bin', `ralph-${hash.slice(0, 16)}`);
  if (!existsSync(folder)) {
    tell(`installing Ralph with pip for ${version}, once: 86 MB`);
    const fresh = inFolder('bin', 'ralph.new');
    const settings = { cwd: inFolder('bin'), timeoutMs: tenMinutes };
    remove('bin', 'ralph.new');
    await run(python, ['-m', 'venv', fresh], { ...settings, logFile: inFolder('log/ralph-venv.log') });
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
    await run(join(fresh, 'bin', 'python'), install, { ...settings, logFile: inFolder('log/ralph-pip.log') });
    renameSync(fresh, folder);
  }
  // As text: another checkout may start it when this one is gone.
  const script = readFileSync(join(here, 'ralph', 'serve.py'), 'utf8');
  return { path: join(folder, 'bin', 'python'), args: ['-I', '-c', script, '{port}', '{folder}'], how: 'pip' };
}

let lastMaven = Promise.resolve();

/**
 * One Maven at a time: two that fill the same empty local repository can break each other's
 * downloads.
 */
function maven(args, logFile) {
  const settings = { cwd: inFolder('bin'), logFile: inFolder(logFile), timeoutMs: tenMinutes };
  const done = lastMaven.then(() => run('mvn', ['-q', '-B', ...args], settings));
  lastMaven = done.catch(() => undefined);
  return done;
}

function needsMaven(orElse) {
  for (const [program, fix] of [
    ['java', 'a JRE of 17 or newer'],
    ['mvn', 'apt-get install maven'],
  ]) {
    if (!onPath(program)) throw new Error(`${program} is not on the PATH (${fix}; or ${orElse})`);
  }
}

function needsGo() {
  if (!onPath('go')) throw new Error('go is not on the PATH (https://go.dev/dl)');
}
