import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The servers that `npm run services` brings up, and the variable by which each can be named
 * instead.
 */
const variables = {
  redis: 'REDIS_URL',
  mongo: 'MONGO_URL',
  postgres: 'POSTGRES_URL',
  toxiproxy: 'TOXIPROXY_URL',
  kafka: 'KAFKA_BROKERS',
  registry: 'SCHEMA_REGISTRY_URL',
  lrs: 'LRS_URL',
} as const;
export type ServiceName = keyof typeof variables;

/** An entry of services.json; a container has no process and no program. */
export interface ServiceEntry {
  readonly url: string;
  readonly how: string;
  readonly port: number;
  readonly pid?: number;
  readonly program?: string;
  /** Of the program; `{port}`, `{otherPort}` and `{folder}` stand for themselves. */
  readonly args?: readonly string[];
}

/**
 * A server program and its arguments; `{port}`, `{otherPort}` and `{folder}` stand for themselves.
 */
export interface ServerProgram {
  readonly name: ServiceName;
  readonly path: string;
  readonly args: readonly string[];
}

/** What a test needs, or why it cannot be had. */
type Finding<Needed> = { readonly found: Needed } | { readonly missing: string };

/** The cache folder of scripts/services.mjs, by the same rule. */
const cacheFolder = (): string =>
  process.env['NESTJS_EVENT_TRACKING_CACHE'] ||
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nestjs-event-tracking');

/** What services.json says of a server, whether it still runs or not. */
export function serviceEntry(name: ServiceName): ServiceEntry | undefined {
  try {
    const text = readFileSync(join(cacheFolder(), 'services.json'), 'utf8');
    return (JSON.parse(text) as Partial<Record<ServiceName, ServiceEntry>>)[name];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The URL of a server that tests may use: of the environment as it is, or of services.json if
 * something answers there.
 */
export function service(name: ServiceName): string | undefined {
  const url = findUrl(name);
  return 'found' in url ? url.found : undefined;
}

/**
 * A describe whose tests need servers. Without them it is skipped, with the reason in its title;
 * with CI=true it fails, as a test that nobody runs guards nothing. Other tests use the same
 * servers at the same time: keys, collections and proxies have names of their own, and nobody stops
 * a server. `body` is called for skipped tests too, so that they are counted: it must not use the
 * URLs outside of tests and hooks.
 */
export function describeWithServices<const Name extends ServiceName>(
  names: readonly Name[],
  title: string,
  body: (urls: Readonly<Record<Name, string>>) => void,
): void {
  describeWith(names, findUrl, title, body);
}

/** The same for tests that stop or kill a server, and so start one of their own with OwnServer. */
export function describeWithPrograms<const Name extends ServiceName>(
  names: readonly Name[],
  title: string,
  body: (programs: Readonly<Record<Name, ServerProgram>>) => void,
): void {
  describeWith(names, findProgram, title, body);
}

function describeWith<Name extends ServiceName, Needed>(
  names: readonly Name[],
  find: (name: Name) => Finding<Needed>,
  title: string,
  body: (needed: Readonly<Record<Name, Needed>>) => void,
): void {
  const missing: string[] = [];
  const needed = {} as Record<Name, Needed>;
  for (const name of names) {
    const finding = find(name);
    if ('found' in finding) needed[name] = finding.found;
    else missing.push(`${name}: ${finding.missing}`);
  }
  if (missing.length === 0) {
    describe(title, () => {
      body(needed);
    });
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      it(`finds ${names.join(' and ')}`, () => {
        throw new Error(`${missing.join('; ')}. Fix: npm run services, and look at what it says`);
      });
    });
  } else {
    describe.skip(`${title} (skipped: ${missing.join('; ')}; npm run services brings up what can be had)`, () => {
      body(needed);
    });
  }
}

function findUrl(name: ServiceName): Finding<string> {
  const given = process.env[variables[name]];
  if (given) return { found: given };
  const entry = serviceEntry(name);
  if (entry === undefined) return { missing: `there is no ${variables[name]}, and none was started` };
  return accepts(entry.port) ? { found: entry.url } : { missing: `nothing answers at ${entry.url}` };
}

function findProgram(name: ServiceName): Finding<ServerProgram> {
  const entry = serviceEntry(name);
  if (entry === undefined) return { missing: 'none was started, so where its program is nobody knows' };
  const { program, args } = entry;
  if (program === undefined || args === undefined)
    return { missing: `it runs in a container (${entry.how}), not here` };
  return { found: { name, path: program, args } };
}

/** In a process of its own, since tests are laid out synchronously. */
function accepts(port: number): boolean {
  const code = `const socket = require('node:net').connect(${port}, '127.0.0.1', () => process.exit(0));
    socket.on('error', () => process.exit(1)); setTimeout(() => process.exit(1), 2000);`;
  return spawnSync(process.execPath, ['-e', code], { stdio: 'ignore' }).status === 0;
}
