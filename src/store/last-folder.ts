import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createFolderName, IN_THE_MAKING } from './folder-name';
import { makeFolders } from './make-folders';

/**
 * Folder that a process writes while it exits, when there is no time left to claim one. Its name
 * cannot be adopted before `finish`, so that no other process reads it while it is written.
 */
export class LastFolder {
  readonly folder: string;
  private readonly lasting: string;

  /** @throws the error of the system */
  constructor(directory: string) {
    this.lasting = join(directory, createFolderName(namesIn(directory)));
    this.folder = this.lasting + IN_THE_MAKING;
    makeFolders(this.folder);
  }

  /** Gives the folder its final name, so that the next start adopts it. */
  finish(): void {
    try {
      renameSync(this.folder, this.lasting);
    } catch {
      // The folder was removed in the meantime.
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // makeFolders creates the directory
  }
}
