import type { StoreDamage } from './record-store';

/**
 * Counts the losses on disk: unreadable records, and records whose file was removed while the store
 * used it.
 */
export class Damage implements StoreDamage {
  records = 0;
  bytes = 0;
  removed = 0;
  readonly files: string[] = [];

  add(file: string, records: number, bytes: number): void {
    this.records += records;
    this.bytes += bytes;
    if (!this.files.includes(file)) this.files.push(file);
  }

  remove(records: number): void {
    this.removed += records;
  }
}
