import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createFolderName, IN_THE_MAKING } from './folder-name';
import { makeFolders } from './make-folders';

/**
 * A folder that a process writes at its exit, when no time is left to own one. It has a name that nobody adopts until
 * `finish`, so that no other process reads it while it is written.
 */
export class LastFolder {
  readonly folder: string;
  private readonly lasting: string;

  /** @throws what the system says */
  constructor(directory: string) {
    this.lasting = join(directory, createFolderName(namesIn(directory)));
    this.folder = this.lasting + IN_THE_MAKING;
    makeFolders(this.folder);
  }

  /** Leaves it for the next start. */
  finish(): void {
    try {
      renameSync(this.folder, this.lasting);
    } catch {
      // It was removed again.
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // it is made again
  }
}
