import { useEffect, useState } from 'preact/hooks';
import { rate } from '../lib/format';
import { usePage } from '../state/context';
import { useStore } from '../state/store';

/** State of the stream: a dot, words, and a way to try again. */
export function Connection() {
  const { feed } = usePage();
  const { connection, failure, retryAt, perSecond } = useStore(feed.state);
  const seconds = useSecondsUntil(retryAt);
  const words = {
    live: rate(perSecond),
    connecting: 'Connecting…',
    retrying: seconds > 0 ? `Lost; again in ${String(seconds)} s` : 'Reconnecting…',
    stopped: failure?.message ?? 'Not connected',
  }[connection];
  return (
    <div class="connection" data-connection={connection} role="group" aria-label="Stream">
      <span class="connection-dot" aria-hidden="true" />
      <span class="connection-words">
        {connection === 'live' && <strong>Live </strong>}
        {words}
      </span>
      {(connection === 'retrying' || connection === 'stopped') && (
        <button
          type="button"
          class="link"
          onClick={() => {
            feed.retryNow();
          }}
        >
          Retry
        </button>
      )}
    </div>
  );
}

function useSecondsUntil(at: number | undefined): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (at === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 500);
    return () => {
      clearInterval(timer);
    };
  }, [at]);
  return at === undefined ? 0 : Math.max(0, Math.ceil((at - now) / 1_000));
}
