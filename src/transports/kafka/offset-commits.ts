import { atMost } from '../../common/at-most';
import type { CrashGuard } from './crash-guard';
import type { GroupProgress } from './group-progress';
import type { KafkaReader } from './kafka-reader';

/**
 * Milliseconds between finishing a record and the commit. After a crash, finished records without a
 * commit are read again.
 */
const COMMIT_MS = 200;

/** What committing needs from the consumer. */
export interface CommitParts {
  readonly progress: Pick<GroupProgress, 'toCommit' | 'snapshot' | 'committed' | 'findForgotten'>;
  readonly guard: Pick<CrashGuard, 'isInWindow'>;
  /** Returns the current reader; undefined while there is none. */
  readonly reader: () => KafkaReader | undefined;
  readonly isEnding: () => boolean;
}

/**
 * Commits the offsets of finished records, one commit at a time, so that an older offset never
 * overwrites a newer one.
 */
export class OffsetCommits {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly parts: CommitParts) {}

  /** Commits soon, together with records that are finished by then. */
  soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.commit();
    }, COMMIT_MS);
  }

  /** Resolves when no commit is in progress. Never rejects. */
  async whenIdle(): Promise<void> {
    await this.running;
  }

  /**
   * Commits everything that is finished, with a time limit for each of the two steps. Never
   * rejects.
   */
  async finish(timeoutMs: number): Promise<void> {
    clearTimeout(this.timer);
    // A commit that was already running may lack the latest offsets.
    await atMost(timeoutMs, this.running);
    await atMost(timeoutMs, this.commit());
  }

  /**
   * Makes the reader fail if a position of the group was lost with its topic.
   * @returns true if it was
   */
  async failIfForgotten(reader: KafkaReader): Promise<boolean> {
    const { parts } = this;
    const gone = reader === parts.reader() ? await parts.progress.findForgotten(reader) : undefined;
    if (gone !== undefined) reader.fail(new Error(`the position of the group in the topic "${gone.topic}" is gone`));
    return gone !== undefined;
  }

  private async commit(): Promise<void> {
    if (this.running !== undefined) {
      this.soon();
      return;
    }
    this.running = this.commitNow();
    await this.running;
    this.running = undefined;
  }

  /** Never rejects. */
  private async commitNow(): Promise<void> {
    const { progress, guard, reader: current, isEnding } = this.parts;
    const moved = progress.toCommit().filter((at) => !guard.isInWindow(at));
    const reader = current();
    if (moved.length === 0 || reader === undefined) return;
    const snapshot = progress.snapshot();
    try {
      if (await this.failIfForgotten(reader)) return;
      await reader.commit(moved);
      progress.committed(moved, snapshot);
      await this.failIfForgotten(reader); // the topic may have been recreated since the check above
    } catch {
      // The group has changed or the response was lost. The offsets stay marked as finished and are
      // committed next time.
      if (!isEnding()) this.soon();
    }
  }
}
