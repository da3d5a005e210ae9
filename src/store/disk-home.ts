import type { Adoption } from './owned-folder';
import { LastFolder } from './last-folder';
import { OwnedFolder } from './owned-folder';

/** Callbacks for the changes of a DiskHome. */
export interface HomeReports {
  /**
   * The folder was removed, or could not be created. Called once, and not again until a folder was
   * found.
   */
  readonly onLost: (error: Error) => void;
  /** The folder is available. Also called for the first one. */
  readonly onFound: () => void;
  /**
   * Other users may write into the directory.
   * @param why the reason, with the fix
   */
  readonly onDistrusted: (why: string) => void;
}

/**
 * Holds the folder that this process owns in one directory, or the reason why it has none. Disk
 * errors never leave this class: if no folder can be claimed, each `check` tries again.
 *
 * States: `none` -(claimed)-> `owned` -(the folder or its socket is gone)-> `none`; `none` -(the
 * process exits)-> `last`; each -> `closed`.
 */
export class DiskHome {
  private owned: OwnedFolder | undefined;
  private last: LastFolder | undefined;
  private failure: Error | undefined;
  /** The claim or check that is running, if any. */
  private work: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    readonly directory: string,
    private readonly reports: HomeReports,
  ) {}

  /** Folder into which files may be written now; undefined while there is none. */
  get folder(): string | undefined {
    return this.last?.folder ?? this.owned?.folder;
  }

  /** Reason why there is no folder. */
  get error(): Error {
    return this.failure ?? new Error(`${this.directory} is not open yet`);
  }

  /** Tries to claim a folder. Never rejects. */
  claim(): Promise<void> {
    if (this.owned !== undefined || this.isClosed) return Promise.resolve();
    return this.work ?? this.run(() => this.claimNow());
  }

  /**
   * Checks that the folder still exists, and tries to claim one if it does not. Call it about once
   * a second.
   */
  check(): void {
    const { owned } = this;
    if (this.isClosed || this.work !== undefined) return;
    if (owned === undefined) void this.claim();
    else if (owned.isInPlace === false) this.lose(owned);
    else if (owned.isInPlace === undefined) void this.run(() => this.look(owned));
  }

  /** Takes over the folders that dead processes left in the directory. Never rejects. */
  async adoptOrphans(): Promise<Adoption> {
    if (this.owned?.isInPlace !== true) return { taken: [], failed: [] };
    return this.owned.adoptOrphans();
  }

  /** Creates a folder for the next start while the process exits, when nothing can be awaited. */
  claimForExit(): void {
    if (this.isClosed || (this.owned !== undefined && this.owned.isInPlace !== false)) return;
    try {
      this.last ??= new LastFolder(this.directory);
    } catch (error) {
      this.failure = error as Error;
    }
  }

  /** Finishes the work that `claimForExit` began. */
  finishExit(): void {
    this.last?.finish();
  }

  /** Releases the folder. Files left in it are for the next start. Never rejects. */
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
      // If only the socket was removed, the files are still there.
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
      if (this.work === running) this.work = undefined; // `look` may have started another run
    });
    return (this.work = running);
  }
}
