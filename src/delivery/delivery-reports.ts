import { describeError } from '../event/normal-form';
import type { Mistake } from './answer';
import type { DestinationCounts } from '../ledger/counts';
import type { BreakerReason } from '../ledger/counts';
import type { DeliveryChange } from '../ledger/delivery-notice';
import { diskFailedText, diskLossText } from './disk-messages';
import type { DiskLoss } from './disk-source';
import type { DeliverySettings } from './resolve-options';

export interface ReportParts {
  /** Logs a change of state or a failure for the operator. */
  readonly say: (text: string, kind: 'trouble' | 'good news') => void;
  /** Notifies listeners. */
  readonly onChange?: ((change: DeliveryChange) => void) | undefined;
}

const ONCE = '(Reported once; the ledger counts on.)';

const UNREACHABLE =
  ' No connection could be made, so closing did not wait. Fix: set delivery.directory, and the events are kept for the next start.';

/**
 * Reports the state of one delivery to operators and listeners. Each change of state is reported,
 * each kind of failure once. Never throws: a logger or a listener that fails must not stop the
 * delivery.
 */
export class DeliveryReports {
  private readonly reported = new Set<string>();
  private isFull = false;

  /** @param destination class name of the destination */
  constructor(
    private readonly parts: ReportParts,
    private readonly settings: DeliverySettings,
    private readonly destination: string,
  ) {}

  diskFailed(error: Error): void {
    this.change('disk-failed', diskFailedText(error));
  }

  diskRecovered(): void {
    this.change('disk-recovered', 'the disk queue can be used again.', 'good news');
  }

  diskSpillStarted(): void {
    this.change('disk-spill-started', 'memory is full, and events go on on disk until it is drained.');
  }

  diskDrained(): void {
    this.isFull = false;
    this.change('disk-drained', 'nothing waits on disk any more; events are held in memory again.', 'good news');
  }

  /** Reports that events on disk are lost. */
  diskLoss(reason: DiskLoss, events: number): void {
    this.once(`disk loss ${reason}`, diskLossText(reason, events));
  }

  /**
   * Reports that events are dropped because the queue is full.
   * @param hasDisk true if there is a disk queue
   */
  queueFull(hasDisk: boolean): void {
    if (this.isFull) return;
    this.isFull = true;
    this.change(
      'queue-full',
      `the queue is full, and events are dropped ('queue-full', ${this.settings.whenFull}). Fix: ` +
        (hasDisk ? 'raise maxDiskBytes' : 'give delivery a directory, or raise maxEvents') +
        '; see why the destination takes so long.',
    );
  }

  /** Records that everything is sent, so that the next full queue is reported again. */
  emptied(): void {
    this.isFull = false;
  }

  breakerClosed(): void {
    this.change('breaker-closed', 'the destination answers again.', 'good news');
  }

  breakerOpen(reason: BreakerReason | undefined, lastError: string): void {
    const texts: Readonly<Record<BreakerReason, string>> = {
      failing:
        `the destination is not responding (${lastError}). Events are queued and retried. ` +
        'Fix: check its address, and whether it runs.',
      refusing:
        `the destination refuses every event (${lastError}); events wait, and from time to time one is tried. ` +
        'Fix: check what it expects and what stands before it (a firewall, a changed schema); TrackingDeadLetters.redrive() sends ' +
        'the refused ones again.',
      'retry-after':
        `the destination asked to be left alone for a while (${lastError}); events wait. ` +
        'Fix: see its rate limits; retry.maxRetryAfterMs bounds the wait.',
    };
    this.change('breaker-open', texts[reason ?? 'failing']);
  }

  deadLetter(reason: string, lastError: string): void {
    this.notify('dead-letter');
    // The reason of a refused event contains the error; 'attempts' and 'too-old' do not.
    const why = lastError === '' || reason.includes(lastError) ? reason : `${reason}; ${lastError}`;
    this.once('dead letter', `an event became a dead letter (${why}). See TrackingDeadLetters. ${ONCE}`);
  }

  letterLost(error: Error): void {
    this.once(
      'letter lost',
      `a dead letter could not be kept (${describeError(error)}), and is forgotten ('forgottenDeadLetters'). ` +
        `Fix: make room on the disk, and the directory writable. ${ONCE}`,
    );
  }

  /** Reports that the destination's code violated its contract. */
  mistake({ of, text }: Mistake): void {
    this.once(`mistake ${of}`, `${this.destination}: ${text} ${ONCE}`);
  }

  /** Reports that `refuses` returned a value that is not a reason. */
  invalidRefusal(kind: string): void {
    this.once(
      'refusal',
      `${this.destination}.refuses returned ${kind}, and the event was queued. ` +
        `Fix: return the reason as a string to drop the event, undefined to queue it. ${ONCE}`,
    );
  }

  /** Reports that a call has not returned a further timeout after its signal was aborted. */
  signalIgnored(timeoutMs: number): void {
    this.once(
      'signal ignored',
      `${this.destination}.sendBatch has not returned ${String(timeoutMs)} ms after its signal was aborted; the next batch is ` +
        `sent all the same, so two calls run at once. Fix: pass the signal on to what it waits for. ${ONCE}`,
    );
  }

  /** Reports an internal error of the delivery. */
  failure(error: unknown): void {
    this.once(
      'failure',
      `the delivery failed on its own account (${describeError(error)}), and tries again. Fix: please report this. ${ONCE}`,
    );
  }

  /**
   * Reports the result of closing.
   * @param isUnreachable true if closing did not wait, because the destination could not be
   * connected to
   */
  closed(before: DestinationCounts, after: DestinationCounts, isUnreachable = false): void {
    const { delivered, deadLettered, dropped, handedOver } = after;
    const lost = dropped['shutdown'] ?? 0;
    if (before.pending === 0 && handedOver === 0) return;
    const parts = [
      `${String(delivered - before.delivered)} delivered`,
      `${String(deadLettered - before.deadLettered)} dead-lettered`,
      `${String(handedOver)} left on disk for the next start`,
      `${String(lost)} dropped ('shutdown')`,
    ];
    this.change(
      'closed',
      `closed; of ${String(before.pending)} events that waited: ${parts.join(', ')}.${isUnreachable && lost > 0 ? UNREACHABLE : ''}`,
      lost > 0 ? 'trouble' : 'good news',
    );
  }

  notify(change: DeliveryChange): void {
    try {
      this.parts.onChange?.(change);
    } catch {
      // A listener that fails must not stop the delivery.
    }
  }

  private change(change: DeliveryChange, text: string, kind: 'trouble' | 'good news' = 'trouble'): void {
    this.say(text, kind);
    this.notify(change);
  }

  private once(key: string, text: string): void {
    if (this.reported.has(key)) return;
    this.reported.add(key);
    this.say(text, 'trouble');
  }

  private say(text: string, kind: 'trouble' | 'good news'): void {
    try {
      this.parts.say(text, kind);
    } catch {
      // No logger is left to report this to.
    }
  }
}
