import type { StoreDamage } from './record-store';

/** Counts what could not be read. */
export class Damage implements StoreDamage {
  records = 0;
  bytes = 0;
  readonly files: string[] = [];

  add(file: string, records: number, bytes: number): void {
    this.records += records;
    this.bytes += bytes;
    if (!this.files.includes(file)) this.files.push(file);
  }
}
