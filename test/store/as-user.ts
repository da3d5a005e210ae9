import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const NOBODY = 65_534;

/**
 * Runs `body` as a user for whom permissions count, which they do not for root.
 * @param folder given to that user for the time, with what is in it
 */
export function asUser(folder: string, body: () => void): void {
  if (process.geteuid?.() !== 0) {
    body();
    return;
  }
  const within = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = [folder, ...within.map((name) => join(folder, name))];
  for (const file of files) chownSync(file, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    body();
  } finally {
    process.seteuid?.(0);
    for (const file of files) chownSync(file, 0, 0);
  }
}
