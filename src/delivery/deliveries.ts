import { readdirSync, rmdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import type { Notices } from '../event/notices';
import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import { Delivery, type DeliveryChange } from './delivery';
import type { Measured } from './delivery-ledger';
import type { DeliveryOptions } from './delivery-options';
import type { Destination } from './destination';
import { MemoryStore } from './disk/memory-store';
import { OwnedFolder } from './disk/owned-folder';
import { SegmentStore } from './disk/segment-store';
import type { RecordStore } from './disk/record-store';
import { lostLettersOf } from './lost-letters';
import { QueuedEvent, type RecordOrigin } from './queued-event';
import { classDelivery, resolveDelivery, type DeliverySettings } from './resolve-options';
import { folderName, homesIn } from './folder-name';
import { StrayLetters, type TakeBack } from './stray-letters';
import type { StoredEvent } from '../event/tracking-event';

/** Dead letters without a disk. */
const MAX_LETTER_BYTES_IN_MEMORY = 16_777_216;
/** The same for a path that is not here: whoever may write into a queue can name any. */
const MAX_STRAY_BYTES_IN_MEMORY = 1_048_576;
const MAX_STRAY_PATHS = 100;
/** No name of a node has a colon. */
const OTHER = ':other';
const UNREADABLE = ':unreadable';
const ADOPTION_INTERVAL_MS = 60_000;
/** Of how many dead letters one call gives at most, unless it says otherwise. */
const DEFAULT_LIMIT = 1000;
/** A reason may quote what a server answered: then each letter has another one. */
const MAX_REASONS = 100;
const OTHER_REASONS = '(other reasons)';

/** What happened to a delivery, for whoever watches. */
export interface DeliveryEvent {
  /** Of the destination in the tree. */
  readonly path: string;
  readonly change: DeliveryChange;
}

/** How long something took, for whoever measures. */
export interface DeliveryDuration {
  /** Of the destination in the tree. */
  readonly path: string;
  /** An event from acceptance to delivery, or one attempt to send a batch, be it in vain. */
  readonly of: Measured;
  readonly ms: number;
}

/** What keeps the dead letters of one path. */
type LetterHolder = Pick<Delivery, 'path' | 'visitDeadLetters' | 'redrive' | 'purge'>;

/** The deliveries of one tracker, and the folders that they share. */
export class Deliveries {
  /** One for each destination, those included that another has replaced: they still have events to send. */
  private readonly deliveries: Delivery[] = [];
  private readonly folders = new Map<string, OwnedFolder>();
  /** Of processes that ended, adopted and not taken over yet. */
  private orphans: string[] = [];
  private readonly takenOver = new Set<string>();
  /** What nobody here can take. */
  private readonly left = new Set<string>();
  private adoptionTimer: NodeJS.Timeout | undefined;
  /** Dead letters for nodes that are not here, by path. */
  private readonly strays = new Map<string, StrayLetters>();
  private readonly takers = new Map<string, TakeBack>();
  private readonly listeners = new Set<(event: DeliveryEvent) => void>();
  private readonly measurers = new Set<(duration: DeliveryDuration) => void>();

  constructor(
    private readonly tracker: string,
    private readonly defaults: DeliveryOptions | undefined,
    private readonly notices: Notices,
  ) {}

  /** @param ofInstance what one of its instances asks for besides its class */
  settingsFor(type: unknown, options: DeliveryOptions | undefined, ofInstance?: DeliveryOptions): DeliverySettings {
    return resolveDelivery(this.defaults, classDelivery(type), ofInstance, options);
  }

  /**
   * Makes the folders ready, before any delivery is opened in them.
   * @throws if one cannot be made or owned
   */
  async claim(directories: Iterable<string>): Promise<void> {
    for (const directory of directories) {
      if (this.folders.has(directory)) continue;
      const folder = await OwnedFolder.claim(join(directory, folderName(this.tracker)));
      this.folders.set(directory, folder);
      if (folder.distrust !== undefined) this.notices.warn(folder.distrust);
    }
  }

  /** Whether the directory that these settings name, if they do, can be used. */
  hasDirectory({ directory }: DeliverySettings): boolean {
    return directory === undefined || this.folders.has(directory);
  }

  /** @param path of which dead letters are redriven by being given to somebody; no destination stands there */
  takeBack(path: string, taker: TakeBack): void {
    this.takers.set(path, taker);
  }

  /** Opens the delivery of a destination. @throws if its files cannot be opened */
  open(path: string, place: string, destination: Destination, settings: DeliverySettings): Delivery {
    const folder = settings.directory === undefined ? undefined : this.folders.get(settings.directory)?.folder;
    const home = folder === undefined ? undefined : join(folder, this.folderNameOf(path));
    const store = home === undefined ? undefined : this.store(join(home, 'queue'), settings);
    const stray = this.strays.get(path);
    if (home !== undefined) stray?.close(); // its files are those of this one from now on
    this.strays.delete(path);
    const deadLetters =
      home === undefined
        ? MemoryStore.open({ maxBytes: Math.min(settings.maxDiskBytes, MAX_LETTER_BYTES_IN_MEMORY) })
        : this.store(join(home, 'dead'), settings);
    if (!this.hasDirectory(settings)) {
      this.notices.warn(
        `${place}: its delivery directory is not open yet, so its events are held in memory alone. Mend: register it once the application has started.`,
      );
    }
    const delivery = new Delivery({
      ...{ path, destination, settings, store, deadLetters },
      say: (text, kind) => {
        if (kind === 'trouble') this.notices.warn(`${place}: ${text}`);
        else this.notices.tell(`${place}: ${text}`);
      },
      onChange: (change) => {
        tellAll(this.listeners, { path, change });
      },
      onMeasured: (of, ms) => {
        // For each event: where nobody measures, nothing is made.
        if (this.measurers.size > 0) tellAll(this.measurers, { path, of, ms });
      },
    });
    if (home === undefined) stray?.giveTo(delivery);
    this.deliveries.push(delivery);
    return delivery;
  }

  /** Takes over what processes that have ended left in the folders, now and every minute. */
  async beginAdopting(): Promise<void> {
    if (this.folders.size === 0) return;
    await this.adopt();
    this.adoptionTimer = setInterval(() => {
      void this.adopt(); // which never rejects
    }, ADOPTION_INTERVAL_MS).unref();
  }

  /** Lets go of the folders; what is left in them is for the next start. */
  async close(): Promise<void> {
    clearInterval(this.adoptionTimer);
    for (const box of this.strays.values()) box.close();
    for (const { folder } of this.folders.values()) removeEmptyIn(folder);
    await Promise.all([...this.folders.values()].map((folder) => folder.release()));
    this.folders.clear();
  }

  /**
   * Keeps an event as a dead letter that came back from a queue for a node which stands at `path`, or which nobody here knows:
   * then it is kept for a start that has it. Never throws.
   */
  keepLetter(path: string, event: StoredEvent, reason: string, facts: RecordOrigin): void {
    const delivery = this.deliveries.findLast((known) => known.path === path);
    if (delivery !== undefined && (facts.isRaw !== true || delivery.takesRaw)) {
      delivery.keepLetter(event, reason, facts);
      return;
    }
    const now = Date.now();
    // A destination would be sent what is no event, were it redriven from there.
    const box = this.strayBox(delivery === undefined ? path : UNREADABLE);
    box.put(QueuedEvent.again(event, { acceptedAt: now, ...facts }, 0), reason, now);
    tellAll<DeliveryEvent>(this.listeners, { path: box.path, change: 'dead-letter' });
  }

  listDeadLetters(filter: DeadLetterFilter, limit: number = DEFAULT_LIMIT): DeadLetter[] {
    const letters: DeadLetter[] = [];
    for (const box of this.of(filter)) {
      box.visitDeadLetters(filter, (letter) => letters.push(letter) < limit);
      if (letters.length >= limit) break;
    }
    return letters;
  }

  countDeadLetters(filter: DeadLetterFilter): Record<string, number> {
    const counts = new Map<string, number>();
    for (const box of this.of(filter)) {
      box.visitDeadLetters(filter, ({ reason }) => {
        const key = counts.has(reason) || counts.size < MAX_REASONS ? reason : OTHER_REASONS;
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return true;
      });
    }
    return Object.fromEntries(counts);
  }

  redrive(filter: DeadLetterFilter): number {
    return this.of(filter).reduce((sum, box) => sum + box.redrive(filter), 0);
  }

  purge(filter: DeadLetterFilter): number {
    return this.of(filter).reduce((sum, box) => sum + box.purge(filter), 0);
  }

  /** How many dead letters ended with this process, since they were in memory only, by destination. */
  lettersLostAtClose(): ReadonlyMap<string, number> {
    return lostLettersOf([...this.deliveries, ...this.strays.values()]);
  }

  /** @returns to be called when it wants to hear no more */
  watch(listener: (event: DeliveryEvent) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** @returns to be called when it wants to hear no more */
  measure(listener: (duration: DeliveryDuration) => void): () => void {
    this.measurers.add(listener);
    return () => {
      this.measurers.delete(listener);
    };
  }

  /** A store has one owner: what replaces a destination gets a folder of its own. `~` stands in no path. */
  private folderNameOf(path: string): string {
    const replaced = this.deliveries.filter((delivery) => delivery.path === path).length;
    return `${folderName(path)}${replaced === 0 ? '' : `~${String(replaced)}`}`;
  }

  private of({ path }: DeadLetterFilter): LetterHolder[] {
    const holders: LetterHolder[] = [...this.deliveries, ...this.strays.values()];
    return holders.filter((holder) => path === undefined || holder.path === path);
  }

  /** In the folder in which the delivery of that path would look for them. */
  private strayBox(named: string): StrayLetters {
    const path = this.strays.has(named) || this.strays.size < MAX_STRAY_PATHS ? named : OTHER;
    const known = this.strays.get(path);
    if (known !== undefined) return known;
    const onLost = (error: Error): void => {
      this.notices.once(`stray letters ${path}`, () => `a dead letter for ${path} could not be kept: ${String(error)}`);
    };
    const box = new StrayLetters(path, this.strayStore(path), onLost, this.takers.get(path));
    this.strays.set(path, box);
    return box;
  }

  private strayStore(path: string): RecordStore {
    const settings = this.settingsFor(undefined, undefined);
    const folder = settings.directory === undefined ? undefined : this.folders.get(settings.directory)?.folder;
    try {
      if (folder !== undefined) return this.store(join(folder, folderName(path), 'dead'), settings);
    } catch (error) {
      this.notices.once(
        `stray store ${path}`,
        () => `dead letters for ${path} are kept in memory, since their folder cannot be opened: ${String(error)}`,
      );
    }
    return MemoryStore.open({ maxBytes: MAX_STRAY_BYTES_IN_MEMORY });
  }

  private store(
    folder: string,
    { maxDiskBytes, fsync }: Pick<DeliverySettings, 'maxDiskBytes' | 'fsync'>,
  ): SegmentStore {
    const store = SegmentStore.open(folder, { maxBytes: maxDiskBytes, fsync });
    const { records, bytes, files } = store.damage;
    if (files.length > 0) {
      this.notices.warn(
        `${folder}: ${String(bytes)} bytes were damaged (at least ${String(records)} events, in ${files.join(', ')}); they are set aside there, ` +
          'the others are delivered.',
      );
    }
    return store;
  }

  private async adopt(): Promise<void> {
    for (const folder of this.folders.values()) {
      try {
        this.orphans.push(...(await folder.adoptOrphans()));
      } catch (error) {
        this.notices.once(
          `adoption ${folder.folder}`,
          () => `what ended processes left could not be looked for: ${String(error)}. It is tried every minute.`,
        );
      }
    }
    // One that cannot be taken over must not hold up the others, and is tried again.
    this.orphans = this.orphans.filter((orphan) => !this.isTakenOver(orphan));
  }

  private isTakenOver(orphan: string): boolean {
    try {
      this.takeOver(orphan);
      return true;
    } catch (error) {
      this.notices.once(
        `orphan ${orphan}`,
        () => `${orphan} could not be taken over: ${String(error)}. It is tried every minute.`,
      );
      return false;
    }
  }

  private takeOver(orphan: string): void {
    for (const { home, path, queue, dead } of homesIn(orphan)) {
      if (this.takenOver.has(home)) continue;
      const delivery = this.deliveries.findLast((known) => known.path === path);
      const settings = { maxDiskBytes: Number.MAX_SAFE_INTEGER, fsync: false };
      const open = (folder?: string) => (folder === undefined ? undefined : this.store(folder, settings));
      if (delivery !== undefined) delivery.adopt(open(queue), open(dead));
      else if (queue !== undefined || this.strays.size >= MAX_STRAY_PATHS) {
        this.reportLeft(home);
        continue;
      } else if (dead !== undefined) this.strayBox(path).adopt(open(dead));
      this.takenOver.add(home); // one that is opened twice would be sent twice
    }
  }

  private reportLeft(home: string): void {
    if (this.left.has(home)) return;
    this.left.add(home);
    this.notices.warn(
      `${home} has events of a destination that this application does not have. They stay there. Mend: add the destination again, or remove the folder.`,
    );
  }
}

function tellAll<News>(listeners: ReadonlySet<(news: News) => void>, news: News): void {
  for (const listener of listeners) {
    try {
      listener(news);
    } catch {
      // A listener that fails is its own business; the others still hear.
    }
  }
}

/** Removes the folders in it that have nothing in them, and theirs before; what has is for the next start. */
function removeEmptyIn(folder: string): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return; // somebody has removed it: the application closes all the same
  }
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const inner = join(folder, entry.name);
    removeEmptyIn(inner);
    try {
      rmdirSync(inner);
    } catch {
      // It is not empty.
    }
  }
}
