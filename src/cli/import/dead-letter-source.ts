import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { folderName, nameOfFolder } from '../../delivery/folder-name';
import { isUnreadable } from '../../delivery/dead-letter-box';
import { readRecord } from '../../event/event-record';
import type { IdentifiedEvent } from '../../event/tracking-event';
import { OUR_NAME } from '../../store/folder-name';
import { OwnedFolder } from '../../store/owned-folder';
import { SegmentStore } from '../../store/segment-store';
import { CommandFailedException } from '../command-failed.exception';
import type { ImportRun } from './import-events';
import type { ImportSource } from './import.command';
import { oneOf } from './one-of';

const PAGE_EVENTS = 100;
const PAGE_BYTES = 4_194_304;

/**
 * The dead letters of one path that stopped applications left in a delivery directory. Their
 * folders are owned while they are read, so that no application that starts meanwhile takes them
 * over. A letter is removed when a backend has its event; all others stay for the next start
 * (docs/decisions/0373).
 */
export class DeadLetterSource implements ImportSource {
  readonly title = 'dead letters';
  readonly path = undefined;
  readonly bytes = undefined;
  bytesRead = 0;
  /**
   * Functions that remove the copies of a letter, by the id of its event. A letter that was refused
   * again has a second copy in the folder of the module.
   */
  private readonly copies = new Map<string, (() => void)[] | 'delivered'>();

  private constructor(
    private readonly folder: OwnedFolder,
    private readonly stores: readonly SegmentStore[],
    private readonly lettersOf: string,
    /** Destinations of which there are dead letters. */
    private readonly found: ReadonlySet<string>,
  ) {}

  /**
   * Takes over the folders of stopped applications.
   * @param directory absolute path of the option `directory`
   * @param lettersOf path of the destination whose letters are read
   * @throws CommandFailedException if there is no such directory, or an application uses it
   */
  static async open(directory: string, tracker: string, lettersOf: string): Promise<DeadLetterSource> {
    const home = join(directory, folderName(tracker));
    if (!existsSync(home))
      throw CommandFailedException.create(
        `there is no delivery directory of the tracker ${JSON.stringify(tracker)} in the folder of --dead-letters.`,
        'pass the value of delivery.directory, and --tracker NAME for another tracker',
      );
    const folder = await OwnedFolder.claim(home);
    try {
      const { taken, failed } = await folder.adoptOrphans();
      const [unread] = failed;
      if (unread !== undefined)
        throw CommandFailedException.create(
          `${unread.path} cannot be read: ${String(unread.error)}`,
          'run the command as the user of the application',
        );
      if (readdirSync(home).some((name) => OUR_NAME.test(name) && name !== basename(folder.folder)))
        throw CommandFailedException.create(
          'a running application uses the directory of --dead-letters.',
          "stop it, or call its TrackingDeadLetters: redrive({ path: 'warehouse' })",
        );
      const all = taken.flatMap(placesOf);
      const places = all.filter(({ name }) => name === lettersOf);
      const options = { maxBytes: Number.MAX_SAFE_INTEGER, fsync: false };
      return new DeadLetterSource(
        folder,
        places.map(({ orphan, dead }) => SegmentStore.open(dead, { ...options, root: orphan })),
        lettersOf,
        new Set(all.map(({ name }) => name).sort()),
      );
    } catch (error) {
      await folder.release();
      throw error;
    }
  }

  head(): Promise<undefined> {
    return Promise.resolve(undefined); // the letters that are left tell how far a run came
  }

  async feed(run: ImportRun): Promise<undefined> {
    this.refuseUnknown(run);
    for (const store of this.stores) {
      for (
        let page = store.lease(PAGE_EVENTS, PAGE_BYTES);
        page.length > 0;
        page = store.lease(PAGE_EVENTS, PAGE_BYTES)
      ) {
        for (const { ref, payload } of page) {
          this.bytesRead += payload.length;
          const record = recordOf(payload);
          if (record === undefined) run.takeBroken('was written by another version');
          else if (record.facts.isRaw === true || isUnreadable(record.facts.reason))
            run.takeBroken('has only the id and the name of its event, or input that is no event');
          else
            await this.giveOnce(record.event, run, () => {
              store.settle([ref]);
            });
        }
      }
      for (let at = 0; at < store.damage.records; at++) run.takeBroken('cannot be read; its file is now *.damaged');
      for (const name of store.newer) run.takeBroken(`is in ${name}, which a newer version wrote`);
    }
    return undefined;
  }

  /** A destination of the module may have no dead letters; any other name is misspelled. */
  private refuseUnknown(run: ImportRun): void {
    const { lettersOf, found } = this;
    if (found.size === 0 || found.has(lettersOf) || run.hasBackend(lettersOf)) return;
    throw CommandFailedException.create(
      `there are no dead letters of ${JSON.stringify(lettersOf)} in the folder of --dead-letters.`,
      `--letters-of ${oneOf(found)}`,
    );
  }

  private async giveOnce(event: IdentifiedEvent, run: ImportRun, remove: () => void): Promise<void> {
    const known = this.copies.get(event.id);
    if (known === 'delivered') remove();
    else if (known !== undefined) known.push(remove);
    else {
      const removals = [remove];
      this.copies.set(event.id, removals);
      await run.takeStored([event], {
        onDone: ({ isTaken, isReturned }) => {
          if (!isTaken || isReturned) return;
          this.copies.set(event.id, 'delivered');
          for (const each of removals) each();
        },
      });
    }
  }

  async close(): Promise<void> {
    for (const store of this.stores) store.close();
    await this.folder.release();
  }
}

/** Returns the record of a letter; undefined if another version wrote it. */
function recordOf(payload: Buffer): ReturnType<typeof readRecord> | undefined {
  try {
    return readRecord(payload.toString());
  } catch {
    return undefined;
  }
}

interface LettersPlace {
  readonly name: string;
  readonly orphan: string;
  readonly dead: string;
}

/** Returns the places of the dead letters in the folder of an application that has ended. */
function placesOf(orphan: string): readonly LettersPlace[] {
  return readdirSync(orphan, { withFileTypes: true }).flatMap((entry) => {
    const dead = join(orphan, entry.name, 'dead');
    const name = nameOfFolder(entry.name);
    return entry.isDirectory() && name !== undefined && existsSync(dead) ? [{ name, orphan, dead }] : [];
  });
}
