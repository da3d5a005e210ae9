import type { ApiFailure } from '../lib/api-client';
import { Empty, Loading, Problem } from '../parts/notices';
import { usePage } from '../state/context';
import { hrefOf } from '../state/route';

interface Props {
  readonly isLoaded: boolean;
  readonly failure: ApiFailure | undefined;
  readonly filter: string | undefined;
}

/** What stands in place of the list while it has no rows. */
export function NoRows({ isLoaded, failure, filter }: Props) {
  const { feed } = usePage();
  if (failure)
    return (
      <Problem
        failure={failure}
        retry={() => {
          feed.retryNow();
        }}
      />
    );
  if (!isLoaded) return <Loading what="events" />;
  if (filter)
    return (
      <Empty icon="search" title="No event matches">
        <p>New events that match appear here as they are emitted.</p>
        <p>
          <a class="button" href={hrefOf('live')}>
            Clear the filter
          </a>
        </p>
      </Empty>
    );
  return (
    <Empty icon="live" title="No events yet">
      <p>Events appear here as the application emits them. Emit one:</p>
      <pre class="code">{"tracker.emit('navigation.request', { url });"}</pre>
      <p>or put @TrackEvent on a method and call it.</p>
    </Empty>
  );
}
