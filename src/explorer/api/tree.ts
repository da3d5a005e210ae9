/** `GET api/tree` */
export interface TreeState {
  /** The root first, then in the order in which the nodes receive. */
  readonly nodes: readonly TreeNode[];
  /** Times of the points in `rates`, oldest first. */
  readonly times: readonly string[];
}

export interface TreeNode {
  readonly path: string;
  readonly name: string;
  readonly parent: string | undefined;
  /** Class of the backend. */
  readonly kind: string;
  readonly processors: readonly string[];
  readonly received: number;
  readonly passed: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** Events lost here, before or in the delivery: the reasons of a loss alone. */
  readonly lost: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly delivery?: DeliveryState;
  /** Events per second at each of `times`. */
  readonly rates: { readonly received: readonly number[]; readonly ended: readonly number[] };
}

export interface DeliveryState {
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly deadLetters: number;
  readonly attempts: number;
  readonly failedAttempts: number;
  readonly breaker: 'closed' | 'open' | 'probing';
  /**
   * Why the breaker is not closed: attempts fail, the destination refuses every event, or it asked
   * to wait.
   */
  readonly breakerReason?: 'failing' | 'refusing' | 'retry-after';
  readonly isOnDisk: boolean;
  readonly diskBytes: number;
  readonly isDiskFailing: boolean;
  readonly lastError?: { readonly text: string; readonly at: string };
  /**
   * From acceptance to delivery, in milliseconds; upper bounds. Absent before the first delivery.
   */
  readonly latencyMs?: { readonly p50: number; readonly p99: number };
}
