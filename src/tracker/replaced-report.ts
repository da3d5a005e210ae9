import type { TrackerLedger } from '../ledger/tracker-ledger';
import type { Notices } from '../common/notices';
import { quoted } from '../common/printable';
import type { ReplacedKind, ReplacedListener } from '../event/replaced-value';

/**
 * Counts every value that was replaced in an event, and logs each kind once per event name and
 * path.
 */
export class ReplacedReport implements ReplacedListener {
  constructor(
    private readonly ledger: Pick<TrackerLedger, 'replace'>,
    private readonly notices: Notices,
  ) {}

  count(kind: ReplacedKind): void {
    this.ledger.replace(kind);
  }

  report(eventName: string, kind: ReplacedKind, path: () => string): boolean {
    return this.notices.aboutInput(
      'replaced value',
      () => [kind, eventName, path()],
      () =>
        `a value of ${quoted(eventName)} at ${path()} could not be written as it is (${kind}) and was replaced. ` +
        '(Logged once; the ledger counts on.)',
    );
  }
}
