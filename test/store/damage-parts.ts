import { SegmentStore } from '../../src/store/segment-store';
import { texts } from './describe-store-contract';
import { bytesIn } from './scratch-folder';

export const OPTIONS = { maxBytes: 1e9, fsync: false };
export const TEXTS = ['first', 'second record', 'third', '{"fourth":4}', 'fifth'];
export const SEGMENT = '10000000.v2.seg';
export const DONE = '10000000.v2.done';

/**
 * The bytes of a segment with TEXTS, and of its settled-file in which the given ones are settled.
 */
export function write(folder: string, settled: readonly number[] = []): void {
  const store = SegmentStore.open(folder, OPTIONS);
  const refs = TEXTS.map((text) => store.append(text, true)!);
  store.settle(settled.map((at) => refs[at]!));
  store.close();
}

/** @param isMixed whether there are files that do not belong to the store */
export function readAll(folder: string, { isMixed = false } = {}) {
  const store = SegmentStore.open(folder, OPTIONS);
  const found = texts(store.lease(1000, 1e9));
  const { recovered, count, damage, bytes } = store;
  expect([recovered, count]).toEqual([found.length, found.length]);
  if (!isMixed) expect(bytes).toBe(bytesIn(folder));
  const copy = { ...damage, files: [...damage.files] };
  store.close();
  return { found, damage: copy };
}

export const CLEAN = { records: 0, bytes: 0, removed: 0, files: [] };
