import { describeError } from '../common/describe-error';
import type { Notices } from '../common/notices';
import type { TrackerLedger } from '../ledger/tracker-ledger';

/** Counts each failure of a function of the application, and logs each place once. */
export class FailureReport {
  constructor(
    private readonly counters: Pick<TrackerLedger, 'fail'>,
    private readonly notices: Pick<Notices, 'once'>,
  ) {}

  /**
   * @param place the function that failed, as the application knows it
   * @param consequence what happens to the event, as a sentence
   */
  report(place: string, error: unknown, consequence: string): void {
    this.counters.fail(place);
    this.notices.once(
      `failed ${place}`,
      () => `${place} failed: ${describeError(error)}. ${consequence} (Logged once; the ledger counts on.)`,
    );
  }
}
