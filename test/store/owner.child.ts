// Owns a folder in argv[2] and does what the lines on its standard input say. Prints a line of JSON
// for each.
import cluster from 'node:cluster';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { OwnedFolder } from '../../src/store/owned-folder';

const [, , directory = '', mode] = process.argv;

function say(what: unknown): void {
  process.stdout.write(JSON.stringify(what) + '\n');
}

async function own(tell: (what: unknown) => void): Promise<OwnedFolder> {
  const owned = await OwnedFolder.claim(directory);
  writeFileSync(join(owned.folder, 'content'), String(process.pid));
  tell({ pid: process.pid, folder: owned.folder });
  return owned;
}

async function obey(owned: OwnedFolder): Promise<void> {
  for await (const line of createInterface(process.stdin)) {
    if (line === 'adopt') say((await owned.adoptOrphans()).taken);
    if (line === 'block') {
      say('blocked');
      for (;;) Math.random();
    }
  }
}

if (mode === 'cluster' && cluster.isPrimary) {
  for (let worker = 0; worker < 3; worker++) cluster.fork().on('message', say);
} else if (mode === 'cluster') {
  // The channel to the primary keeps it alive.
  void own((what) => process.send?.(what));
} else if (mode === 'exit') {
  // Nothing keeps this process alive but, if it did, what it owns.
  void own(say);
} else {
  void own(say).then(obey);
}
