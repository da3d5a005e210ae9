import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Notices } from '../common/notices';

/**
 * Key of the registry of package folders that are loaded in this process. The registry is on
 * globalThis, the only place that two copies share. Two copies have two TrackerService classes, so
 * neither recognizes the decorators or injected trackers of the other.
 */
const REGISTRY = Symbol.for('nestjs-event-tracking');
const FOLDER = resolve(__dirname, '../..');

/**
 * Registers this copy. The module and each decorator call this, since an application loads them
 * first.
 */
export function registerCopy(folder: string = FOLDER): void {
  const shared = globalThis as { [REGISTRY]?: unknown };
  if (!(shared[REGISTRY] instanceof Set)) {
    Object.defineProperty(globalThis, REGISTRY, { value: new Set<string>(), configurable: true, writable: true });
  }
  (shared[REGISTRY] as Set<string>).add(folder);
}

export function warnOfCopies(notices: Pick<Notices, 'warn'>): void {
  const folders = [...((globalThis as { [REGISTRY]?: Set<string> })[REGISTRY] ?? [])];
  if (folders.length < 2) return;
  const shown = folders.map((folder) => `${folder}${versionIn(folder)}`).join(' and ');
  notices.warn(
    `nestjs-event-tracking is loaded ${folders.length === 2 ? 'twice' : `${String(folders.length)} times`}: ${shown}. ` +
      'TrackerService of one copy cannot be injected into code that imports another, and the decorators of another emit nothing. ' +
      'Fix: install one copy for all packages of the repository, with the same versions of its peers ' +
      '(`npm ls nestjs-event-tracking`, `pnpm why nestjs-event-tracking`).',
  );
}

/** Version of this copy; '' in a bundle, which has no package.json. */
export function packageVersion(): string {
  return readVersion(FOLDER);
}

function versionIn(folder: string): string {
  const version = readVersion(folder);
  return version === '' ? '' : ` (${version})`;
}

function readVersion(folder: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly version?: unknown;
    };
    return typeof version === 'string' && version.length < 40 ? version : '';
  } catch {
    return '';
  }
}
