import type { Notices } from '../common/notices';
import { quoted } from '../common/printable';
import { showValue } from '../common/tracking-config.exception';

/** Warns of a context that was entered outside every scope while the application serves. */
export function warnEnteredOutside(notices: Pick<Notices, 'once'>, name: string): void {
  notices.once(
    'entered outside',
    () =>
      `enterContext(${quoted(name)}) was called outside every scope, so the events of all users carry its values ` +
      'until exitContext. Fix: tracker.context(values, body) for values of one request or job; enter values of the whole process before the start.',
  );
}

/** Warns of a call of `context()` whose values are not an object with keys. */
export function warnNoValues(notices: Pick<Notices, 'aboutInput'>, name: string, given: unknown): void {
  notices.aboutInput(
    'context',
    () => [name],
    () =>
      `context(${quoted(name)}) was given ${showValue(given)} instead of an object with keys; its body runs without it. ` +
      'Fix: tracker.context({ user_id: 11111 }, body)',
  );
}
