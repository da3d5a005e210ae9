import type { DeliveryDuration, DeliveryNotice } from '../ledger/delivery-notice';
import type { Notices } from '../common/notices';
import type { IdentifiedEvent } from '../event/tracking-event';
import { Adoption } from './adoption';
import { DeadLetterOffice } from './dead-letter-office';
import { Delivery } from './delivery';
import type { DeliveryObserver } from './delivery-observer';
import type { DeliveryOptions } from './delivery-options';
import type { DeliveryTarget } from './destination';
import type { DiskHome } from '../store/disk-home';
import { DiskHomes } from './disk-homes';
import { Feed } from './feed';
import { folderName } from './folder-name';
import { OutsideFlow } from './outside-flow';
import { LetterStore } from './letter-store';
import type { RecordOrigin } from './queued-event';
import { classDelivery, resolveDelivery, withAbsoluteDirectory, type DeliverySettings } from './resolve-options';
import type { TakeBack } from './stray-letters';

/**
 * Maximum bytes of one destination's dead letters in memory, if there is no disk or while it cannot
 * be written.
 */
const MAX_LETTER_BYTES_IN_MEMORY = 16_777_216;
const ADOPTION_INTERVAL_MS = 60_000;
/**
 * Milliseconds between disk checks: about the time until a removed or full disk is noticed, and
 * used again.
 */
const DISK_CHECK_INTERVAL_MS = 1000;

/** The deliveries of one tracker, and the folders that they share. */
export class Deliveries {
  /** All dead letters of the tracker. */
  readonly letters: DeadLetterOffice;
  /**
   * One delivery for each destination. Replaced destinations are included, because they still have
   * events to send.
   */
  private readonly deliveries: Delivery[] = [];
  /** Follows the events of all deliveries; undefined unless a tool such as the explorer is used. */
  observer: DeliveryObserver | undefined;
  private readonly defaults: DeliveryOptions;
  private readonly homes: DiskHomes;
  private readonly adoption: Adoption;
  private readonly outside = new OutsideFlow();
  private readonly changes = new Feed<DeliveryNotice>();
  private readonly durations = new Feed<DeliveryDuration>();
  /** Folders of missing destinations that a warning has already reported. */
  private readonly left = new Set<string>();
  private diskTimer: NodeJS.Timeout | undefined;
  private adoptionTimer: NodeJS.Timeout | undefined;
  private isClosed = false;

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
    this.letters = new DeadLetterOffice({
      deliveries: this.deliveries,
      openLetters: (path, maxMemoryBytes) => this.strayLetters(path, maxMemoryBytes),
      onLetter: (path) => {
        this.changes.tell({ path, change: 'dead-letter' });
      },
      onLost: (path, text) => {
        notices.once(`stray letters ${path} ${text.slice(0, 20)}`, () => `dead letters for ${path}: ${text}`);
      },
    });
  }

  /**
   * Resolves the delivery options of a destination.
   * @param type class of the destination
   * @param options options of its node
   * @param ofInstance options that one instance sets in addition to its class
   */
  settingsFor(type: unknown, options: DeliveryOptions | undefined, ofInstance?: DeliveryOptions): DeliverySettings {
    return resolveDelivery(this.defaults, classDelivery(type), ofInstance, options);
  }

  /**
   * Prepares the folders and takes over the files that earlier processes left in them. Call it
   * before any delivery is opened, because older events must be known before newer ones come. A
   * disk that cannot be used is reported, and tried again every second. Never rejects.
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

  /** True if the settings name no directory, or one that was claimed. */
  hasDirectory(settings: DeliverySettings): boolean {
    return settings.directory === undefined || this.homes.find(settings) !== undefined;
  }

  /**
   * Registers a taker for the dead letters of a path without a destination.
   * @param path path whose dead letters are given to `taker` when they are redriven
   */
  takeBack(path: string, taker: TakeBack): void {
    this.letters.takeBack(path, taker);
  }

  /** Opens the delivery of a destination. */
  open(path: string, place: string, destination: DeliveryTarget, settings: DeliverySettings): Delivery {
    const home = this.homes.find(settings);
    const name = this.folderNameOf(path);
    const store = home && this.homes.createStore(home, [name, 'queue'], settings);
    const deadLetters = this.lettersFor(path, name, home, settings);
    if (!this.hasDirectory(settings)) {
      this.notices.warn(
        `${place}: its delivery directory is not open yet, so its events are held in memory alone. Fix: register it once the application has started.`,
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
        // Runs for each event, so no object is made without a listener.
        if (this.durations.hasListeners) this.durations.tell({ path, of, ms });
      },
      observer: () => this.observer,
    });
    this.adoption.giveTo(delivery);
    this.deliveries.push(delivery);
    return delivery;
  }

  /**
   * Takes over the files of ended processes now, and from now on every minute. Dead letters of
   * paths without a destination are taken over too; a queue without a destination is reported and
   * stays.
   */
  async beginAdopting(): Promise<void> {
    if (this.homes.isEmpty) return;
    await this.adopt();
    this.adoptionTimer = setInterval(() => {
      void this.adopt(); // never rejects
    }, ADOPTION_INTERVAL_MS).unref();
  }

  /** Tries for a short time to have folders to write to, because shutdown is near. */
  readyHomes(): Promise<void> {
    return this.homes.ready();
  }

  /**
   * The same as `readyHomes` at the exit of the process, when nothing can be awaited.
   * @param flush writes the held events
   */
  whileExiting(flush: () => void): void {
    this.homes.whileExiting(flush);
  }

  /** Releases the folders. Their remaining files are for the next start. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.diskTimer);
    clearInterval(this.adoptionTimer);
    this.letters.close();
    this.outside.release();
    await this.homes.release();
  }

  keepLetter(path: string, event: IdentifiedEvent, reason: string, facts: RecordOrigin): void {
    this.letters.keep(path, event, reason, facts);
  }

  /** Number of dead letters that were lost at paths without a destination, by path. */
  forgottenStrays(): Readonly<Record<string, number>> {
    return this.letters.forgottenStrays();
  }

  /** Number of dead letters by path that were lost at close because they were only in memory. */
  lettersLostAtClose(): ReadonlyMap<string, number> {
    return this.letters.lettersLostAtClose();
  }

  /**
   * Calls a listener for each change of a delivery.
   * @returns a function that removes the listener
   */
  watch(listener: (event: DeliveryNotice) => void): () => void {
    return this.changes.listen(listener);
  }

  /**
   * Calls a listener with the duration of each event and each attempt.
   * @returns a function that removes the listener
   */
  measure(listener: (duration: DeliveryDuration) => void): () => void {
    return this.durations.listen(listener);
  }

  /**
   * A store has one owner, so a destination that replaces another one gets a separate folder. No
   * path contains `~`.
   */
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
    const stray = this.letters.handOut(path);
    if (stray !== undefined && (stray.isOnDisk || home === undefined)) return stray;
    const disk = home && this.homes.createStore(home, [name, 'dead'], { maxDiskBytes, fsync });
    const letters = new LetterStore(disk, Math.min(maxDiskBytes, MAX_LETTER_BYTES_IN_MEMORY));
    if (stray !== undefined) letters.adoptAll(stray);
    return letters;
  }

  /** Opens a store in the folder in which the delivery of that path would look for its letters. */
  private strayLetters(path: string, maxMemoryBytes: number): LetterStore {
    const settings = this.settingsFor(undefined, undefined);
    const home = this.homes.find(settings);
    const disk = home && this.homes.createStore(home, [folderName(path), 'dead'], settings);
    return new LetterStore(disk, maxMemoryBytes);
  }

  private checkDisk(): void {
    this.homes.check();
    for (const delivery of this.deliveries) delivery.checkDisk();
    this.letters.checkDisk();
  }

  private async adopt(): Promise<void> {
    await this.adoption.look();
    if (this.isClosed) return; // the folders that were found are for the next start
    for (const delivery of [...this.deliveries].reverse()) this.adoption.giveTo(delivery);
    for (const path of this.adoption.pathsLeft('queue')) this.reportLeft(path);
    for (const path of this.adoption.pathsLeft('dead')) {
      // the letters belong to events that stay there
      if (this.adoption.foldersOf(path).length > 0) continue;
      const stray = this.letters.strayFor(path);
      if (stray !== undefined) this.adoption.giveTo(stray);
    }
  }

  private reportLeft(path: string): void {
    // opening it failed, which was reported
    if (this.deliveries.some((delivery) => delivery.path === path)) return;
    for (const folder of this.adoption.foldersOf(path)) {
      if (this.left.has(folder)) continue;
      this.left.add(folder);
      this.notices.warn(
        `${folder} has events of a destination that this application does not have. They stay there. Fix: add the destination again, or remove the folder.`,
      );
    }
  }
}
