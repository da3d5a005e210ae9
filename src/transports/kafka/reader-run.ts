import type { ReaderSettings } from './kafka-reader';

/** Milliseconds that a broker may wait for new records. */
export const MAX_WAIT_MS = 1000;
/**
 * Milliseconds after which a newly added partition or a recreated topic is noticed at the latest.
 */
export const TOPIC_CHECK_MS = 5000;

/** Options of a group member, which both clients name alike. */
export interface MembershipOptions {
  readonly groupId: string;
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly heartbeatInterval: number;
}

export function membershipOptions({ group, sessionTimeoutMs }: ReaderSettings): MembershipOptions {
  return {
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.max(Math.floor(sessionTimeoutMs / 5), 100),
  };
}

/**
 * The promise that the `run` method of a reader returns. Events of the client settle it, which
 * arrive through callbacks. Before `start` they have no effect.
 */
export class ReaderRun {
  private resolve: () => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  /**
   * Begins to read. Settles with the first call of `stop` or `fail`, or rejects if `begin` does.
   */
  start(begin: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      begin().catch(reject);
    });
  }

  stop(): void {
    this.resolve();
  }

  readonly fail = (error: unknown): void => {
    this.reject(error);
  };
}
