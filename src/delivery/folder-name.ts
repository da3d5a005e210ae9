/**
 * A tracker and a destination have a folder of their name. A name may come from outside, with a job that names the destination
 * of its event: whatever it is, its folder is one below the folder in which it is made, and no two names have one folder.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const NO_NAME = '~';
/** Put behind the name of a destination that has replaced another of its path. */
const ORDINAL = /~\d+$/;

export function folderName(name: string): string {
  if (name === '') return NO_NAME;
  const encoded = encodeURIComponent(name.replace(/\p{Cs}/gu, '\ufffd')).replaceAll('~', '%7E');
  return /^\.+$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded;
}

/** Undefined for a folder that has its name from somewhere else. */
function nameOfFolder(folder: string): string | undefined {
  if (folder === NO_NAME) return '';
  try {
    return decodeURIComponent(folder);
  } catch {
    return undefined;
  }
}

/** What a process that has ended left for one destination. */
export interface OrphanHome {
  readonly home: string;
  /** The path of the destination. */
  readonly path: string;
  readonly queue: string | undefined;
  readonly dead: string | undefined;
}

/** What is left in an adopted folder. Links, and folders that no process of ours has made, are passed over. */
export function homesIn(orphan: string): OrphanHome[] {
  return readdirSync(orphan, { withFileTypes: true }).flatMap((entry) => {
    const path = nameOfFolder(entry.name.replace(ORDINAL, ''));
    if (!entry.isDirectory() || path === undefined) return [];
    const home = join(orphan, entry.name);
    return { home, path, queue: folderAt(join(home, 'queue')), dead: folderAt(join(home, 'dead')) };
  });
}

function folderAt(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : undefined;
}
