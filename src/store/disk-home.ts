import type { Adoption } from './owned-folder';
import { LastFolder } from './last-folder';
import { OwnedFolder } from './owned-folder';

/** Hears what becomes of a home. */
export interface HomeReports {
  /** The folder is gone, or could not be made; called once until there is one again. */
  readonly onLost: (error: Error) => void;
  /** There is a folder; called for the first one too. */
  readonly onFound: () => void;
  /** Other users may write into the directory. @param why with the fix */
  readonly onDistrusted: (why: string) => void;
}

/**
 * The folder that this process owns in one directory, or the reason why it has none. No error of the disk leaves it: where a
 * folder cannot be had, it is tried again with each `check`.
 *
 * States: `none` -(claimed)-> `owned` -(the folder or its socket is gone)-> `none`; `none` -(the process exits)-> `last`;
 * each -> `closed`.
 */
export class DiskHome {
  private owned: OwnedFolder | undefined;
  private last: LastFolder | undefined;
  private failure: Error | undefined;
  /** A claim, or a closer look. */
  private work: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    readonly directory: string,
    private readonly reports: HomeReports,
  ) {}

  /** Where files may be written now; undefined while there is no such place. */
  get folder(): string | undefined {
    return this.last?.folder ?? this.owned?.folder;
  }

  /** Why there is no folder. */
  get error(): Error {
    return this.failure ?? new Error(`${this.directory} is not open yet`);
  }

  /** Tries to have a folder. Never rejects. */
  claim(): Promise<void> {
    if (this.owned !== undefined || this.isClosed) return Promise.resolve();
    return this.work ?? this.run(() => this.claimNow());
  }

  /** Looks whether the folder is still there, and tries to have one if not. To be called about once a second. */
  check(): void {
    const { owned } = this;
    if (this.isClosed || this.work !== undefined) return;
    if (owned === undefined) void this.claim();
    else if (owned.isInPlace === false) this.lose(owned);
    else if (owned.isInPlace === undefined) void this.run(() => this.look(owned));
  }

  /** Takes what dead processes left in the directory. Never rejects. */
  async adoptOrphans(): Promise<Adoption> {
    if (this.owned?.isInPlace !== true) return { taken: [], failed: [] };
    return this.owned.adoptOrphans();
  }

  /** At the exit of the process, where nothing can be awaited: makes a folder that is left for the next start. */
  claimForExit(): void {
    if (this.isClosed || (this.owned !== undefined && this.owned.isInPlace !== false)) return;
    try {
      this.last ??= new LastFolder(this.directory);
    } catch (error) {
      this.failure = error as Error;
    }
  }

  /** Ends what `claimForExit` began. */
  finishExit(): void {
    this.last?.finish();
  }

  /** Gives the folder up; what is left in it is for the next start. Never rejects. */
  async release(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.work;
    this.last?.finish();
    await this.owned?.release().catch(() => undefined);
    this.owned = undefined;
  }

  private lose(owned: OwnedFolder): void {
    this.owned = undefined;
    this.fail(Object.assign(new Error(`${owned.folder} was removed or replaced while in use`), { code: 'ENOENT' }));
    void this.run(async () => {
      // Where only the socket was removed, the files are still there.
      if (await owned.listenAgain()) {
        this.find(owned);
        return;
      }
      await owned.abandon();
      await this.claimNow();
    });
  }

  private async look(owned: OwnedFolder): Promise<void> {
    if (await owned.isReached()) return;
    if (!this.isClosed && this.owned === owned) this.lose(owned);
  }

  private async claimNow(): Promise<void> {
    try {
      this.find(await OwnedFolder.claim(this.directory));
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private find(owned: OwnedFolder): void {
    this.owned = owned;
    this.failure = undefined;
    if (this.isClosed) return;
    if (owned.distrust !== undefined) this.reports.onDistrusted(owned.distrust);
    this.reports.onFound();
  }

  private fail(error: Error): void {
    const wasFailing = this.failure !== undefined;
    this.failure = error;
    if (!wasFailing) this.reports.onLost(error);
  }

  private run(work: () => Promise<void>): Promise<void> {
    const running = work().finally(() => {
      if (this.work === running) this.work = undefined; // a look may have begun another
    });
    return (this.work = running);
  }
}
