import type { DeliveryDuration, DeliveryNotice } from '../ledger/delivery-notice';
import type { Notices } from '../common/notices';
import type { StoredEvent } from '../event/tracking-event';
import { Adoption } from './adoption';
import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import { DeadLetterOffice } from './dead-letter-office';
import { Delivery } from './delivery';
import type { DeliveryOptions } from './delivery-options';
import type { Destination } from './destination';
import type { DiskHome } from '../store/disk-home';
import { DiskHomes } from './disk-homes';
import { Feed } from '../common/feed';
import { folderName } from './folder-name';
import { OutsideFlow } from '../common/outside-flow';
import { LetterStore } from './letter-store';
import type { RecordOrigin } from './queued-event';
import { classDelivery, resolveDelivery, withAbsoluteDirectory, type DeliverySettings } from './resolve-options';
import type { TakeBack } from './stray-letters';

/** Dead letters of one destination in memory, where there is no disk or while it cannot be written. */
const MAX_LETTER_BYTES_IN_MEMORY = 16_777_216;
const ADOPTION_INTERVAL_MS = 60_000;
/** A disk that was removed or full is noticed, and used again, within about this time. */
const DISK_CHECK_INTERVAL_MS = 1000;

/** The deliveries of one tracker, and the folders that they share. */
export class Deliveries {
  /** One for each destination, those included that another has replaced: they still have events to send. */
  private readonly deliveries: Delivery[] = [];
  private readonly defaults: DeliveryOptions;
  private readonly homes: DiskHomes;
  private readonly adoption: Adoption;
  private readonly outside = new OutsideFlow();
  private readonly office: DeadLetterOffice;
  private readonly changes = new Feed<DeliveryNotice>();
  private readonly durations = new Feed<DeliveryDuration>();
  /** Folders of destinations that are not here, of which a warning has told. */
  private readonly left = new Set<string>();
  private diskTimer: NodeJS.Timeout | undefined;
  private adoptionTimer: NodeJS.Timeout | undefined;

  constructor(
    tracker: string,
    defaults: DeliveryOptions | undefined,
    private readonly notices: Notices,
  ) {
    this.defaults = withAbsoluteDirectory(defaults ?? {});
    this.homes = new DiskHomes(tracker, notices, () => {
      this.checkDisk();
    });
    this.adoption = new Adoption(this.homes, notices);
    this.office = new DeadLetterOffice({
      deliveries: this.deliveries,
      openLetters: (path, maxMemoryBytes) => this.strayLetters(path, maxMemoryBytes),
      onLetter: (path) => {
        this.changes.tell({ path, change: 'dead-letter' });
      },
      onLost: (path, text) => {
        notices.once(`stray letters ${path} ${text.slice(0, 20)}`, () => `dead letters for ${path}: ${text}.`);
      },
    });
  }

  /** @param ofInstance what one of its instances asks for besides its class */
  settingsFor(type: unknown, options: DeliveryOptions | undefined, ofInstance?: DeliveryOptions): DeliverySettings {
    return resolveDelivery(this.defaults, classDelivery(type), ofInstance, options);
  }

  /**
   * Makes the folders ready and takes what earlier processes left in them, before any delivery is opened: what is older must be
   * known before anything newer comes. A disk that cannot be used is reported, and tried again every second. Never rejects.
   */
  async claim(directories: Iterable<string>): Promise<void> {
    this.outside.take();
    await this.homes.claim(directories);
    await this.adoption.look();
    if (this.homes.isEmpty) return;
    this.diskTimer ??= setInterval(() => {
      this.checkDisk();
    }, DISK_CHECK_INTERVAL_MS).unref();
  }

  /** Whether the directory that these settings name, if they do, was claimed. */
  hasDirectory(settings: DeliverySettings): boolean {
    return settings.directory === undefined || this.homes.find(settings) !== undefined;
  }

  /** @param path of which dead letters are redriven by giving them to `taker`; it has no destination */
  takeBack(path: string, taker: TakeBack): void {
    this.office.takeBack(path, taker);
  }

  /** Opens the delivery of a destination. */
  open(path: string, place: string, destination: Destination, settings: DeliverySettings): Delivery {
    const home = this.homes.find(settings);
    const name = this.folderNameOf(path);
    const store = home && this.homes.createStore(home, [name, 'queue'], settings);
    const deadLetters = this.lettersFor(path, name, home, settings);
    if (!this.hasDirectory(settings)) {
      this.notices.warn(
        `${place}: its delivery directory is not open yet, so its events are held in memory alone. Mend: register it once the application has started.`,
      );
    }
    const delivery = new Delivery({
      ...{ path, destination, settings, store, deadLetters, outside: this.outside.take() },
      say: (text, kind) => {
        if (kind === 'trouble') this.notices.warn(`${place}: ${text}`);
        else this.notices.tell(`${place}: ${text}`);
      },
      onChange: (change) => {
        this.changes.tell({ path, change });
      },
      onMeasured: (of, ms) => {
        // For each event: where nobody measures, nothing is made.
        if (this.durations.hasListeners) this.durations.tell({ path, of, ms });
      },
    });
    this.adoption.giveTo(delivery);
    this.deliveries.push(delivery);
    return delivery;
  }

  /** Takes over what processes that have ended left for others than destinations of the tree, and from now on every minute. */
  async beginAdopting(): Promise<void> {
    if (this.homes.isEmpty) return;
    await this.adopt();
    this.adoptionTimer = setInterval(() => {
      void this.adopt(); // which never rejects
    }, ADOPTION_INTERVAL_MS).unref();
  }

  /** Makes sure, within a short time, that there are folders to write to if that is possible: the end is near. */
  readyHomes(): Promise<void> {
    return this.homes.ready();
  }

  /** The same at the exit of the process, where nothing can be awaited. @param flush writes what is held */
  whileExiting(flush: () => void): void {
    this.homes.whileExiting(flush);
  }

  /** Lets go of the folders; what is left in them is for the next start. */
  async close(): Promise<void> {
    clearInterval(this.diskTimer);
    clearInterval(this.adoptionTimer);
    this.office.close();
    this.outside.release();
    await this.homes.release();
  }

  keepLetter(path: string, event: StoredEvent, reason: string, facts: RecordOrigin): void {
    this.office.keep(path, event, reason, facts);
  }

  listDeadLetters(filter: DeadLetterFilter, limit?: number): DeadLetter[] {
    return this.office.list(filter, limit);
  }

  countDeadLetters(filter: DeadLetterFilter): Record<string, number> {
    return this.office.count(filter);
  }

  redrive(filter: DeadLetterFilter): Promise<number> {
    return this.office.redrive(filter);
  }

  purge(filter: DeadLetterFilter): Promise<number> {
    return this.office.purge(filter);
  }

  /** How many dead letters ended with this process, since they were in memory only, by path. */
  lettersLostAtClose(): ReadonlyMap<string, number> {
    return this.office.lettersLostAtClose();
  }

  /** @returns a function that ends it */
  watch(listener: (event: DeliveryNotice) => void): () => void {
    return this.changes.listen(listener);
  }

  /** @returns a function that ends it */
  measure(listener: (duration: DeliveryDuration) => void): () => void {
    return this.durations.listen(listener);
  }

  /** A store has one owner: what replaces a destination gets a folder of its own. `~` is in no path. */
  private folderNameOf(path: string): string {
    const replaced = this.deliveries.filter((delivery) => delivery.path === path).length;
    return `${folderName(path)}${replaced === 0 ? '' : `~${String(replaced)}`}`;
  }

  private lettersFor(
    path: string,
    name: string,
    home: DiskHome | undefined,
    { maxDiskBytes, fsync }: DeliverySettings,
  ): LetterStore {
    const stray = this.office.handOut(path);
    if (stray !== undefined && (stray.isOnDisk || home === undefined)) return stray;
    const disk = home && this.homes.createStore(home, [name, 'dead'], { maxDiskBytes, fsync });
    const letters = new LetterStore(disk, Math.min(maxDiskBytes, MAX_LETTER_BYTES_IN_MEMORY));
    if (stray !== undefined) letters.adopt(stray);
    return letters;
  }

  /** In the folder in which the delivery of that path would look for them. */
  private strayLetters(path: string, maxMemoryBytes: number): LetterStore {
    const settings = this.settingsFor(undefined, undefined);
    const home = this.homes.find(settings);
    const disk = home && this.homes.createStore(home, [folderName(path), 'dead'], settings);
    return new LetterStore(disk, maxMemoryBytes);
  }

  private checkDisk(): void {
    this.homes.check();
    for (const delivery of this.deliveries) delivery.checkDisk();
    this.office.checkDisk();
  }

  private async adopt(): Promise<void> {
    await this.adoption.look();
    for (const delivery of [...this.deliveries].reverse()) this.adoption.giveTo(delivery);
    for (const path of this.adoption.pathsLeft('queue')) this.reportLeft(path);
    for (const path of this.adoption.pathsLeft('dead')) {
      if (this.adoption.foldersOf(path).length > 0) continue; // they belong to events that stay
      const stray = this.office.strayFor(path);
      if (stray !== undefined) this.adoption.giveTo(stray);
    }
  }

  private reportLeft(path: string): void {
    if (this.deliveries.some((delivery) => delivery.path === path)) return; // it could not be opened, which was reported
    for (const folder of this.adoption.foldersOf(path)) {
      if (this.left.has(folder)) continue;
      this.left.add(folder);
      this.notices.warn(
        `${folder} has events of a destination that this application does not have. They stay there. Mend: add the destination again, or remove the folder.`,
      );
    }
  }
}
