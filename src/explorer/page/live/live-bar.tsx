import { count, plural } from '../lib/format';
import { Icon } from '../parts/icon';
import { usePage } from '../state/context';
import { useStore } from '../state/store';
import { FilterBox } from './filter-box';

/** Above the list: filter, pause, and what is shown of how many. */
export function LiveBar({ filter }: { readonly filter: string }) {
  const { feed, info } = usePage();
  const { isPaused, waiting, rows, kept, oneOf, hasOlder, filterError } = useStore(feed.state);
  const isFiltered = filter !== '' && filterError === undefined;
  // The number that is kept arrives once a second, the rows at once.
  const of = plural(Math.max(kept, rows.length), 'event');
  const shown = isFiltered ? `${count(rows.length)} of ${of}` : plural(rows.length, 'event');
  return (
    <div class="live-bar">
      <FilterBox filter={filter} />
      <button
        type="button"
        class="button pause"
        aria-pressed={isPaused}
        aria-keyshortcuts="p"
        title="Hold new events back (p)"
        onClick={() => {
          feed.setPaused(!isPaused);
        }}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
        {isPaused ? 'Resume' : 'Pause'}
      </button>
      <p class="live-count muted" title={`The server keeps the last ${plural(info.capacity.maxEvents, 'event')}.`}>
        {isPaused ? (
          <strong>{count(waiting)} waiting</strong>
        ) : (
          <>
            {shown}
            {hasOlder && ', more below'}
          </>
        )}
        {oneOf > 1 && <span class="sampled">1 of {count(oneOf)} shown</span>}
      </p>
    </div>
  );
}
