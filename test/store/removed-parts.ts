import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SegmentStore } from '../../src/store/segment-store';
import { texts } from './describe-store-contract';
import { scratchFolder } from './scratch-folder';

const OPTIONS = { maxBytes: 1e9, fsync: false, segmentBytes: 4096, chunkBytes: 512 };

export function open(folder: string, root?: string): SegmentStore {
  return SegmentStore.open(folder, { ...OPTIONS, root });
}

/** Records of 1000 bytes each: four in a segment. */
export const text = (at: number): string => String(at).padStart(1000, '.');
export const numbers = (records: readonly string[]): number[] =>
  records.map((record) => Number(record.replace(/^\.+/, '')));

export function fill(store: SegmentStore, count: number): void {
  for (let at = 0; at < count; at++) store.append(text(at), true);
}

/** What a process finds that starts after a kill -9 at this moment. */
export function afterKill(folder: string): number[] {
  const copy = scratchFolder();
  if (existsSync(folder)) for (const name of readdirSync(folder)) cpSync(join(folder, name), join(copy, name));
  const store = open(copy);
  const found = numbers(texts(store.lease(10_000, 1e9)));
  store.close();
  return found;
}

export function names(folder: string, kind: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(kind));
}
