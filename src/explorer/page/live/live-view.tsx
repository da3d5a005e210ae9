import { useCallback, useEffect } from 'preact/hooks';
import { EventDetails } from '../event/event-details';
import { usePage } from '../state/context';
import { useKeys } from '../state/keys';
import { goTo, hrefOf, route } from '../state/route';
import { useStore } from '../state/store';
import { EventList } from './event-list';
import { FilterProblem } from './filter-problem';
import { LiveBar } from './live-bar';
import { NoRows } from './no-rows';

/** The list, and the selected event beside it or, on a phone, over it. */
export function LiveView() {
  const { feed } = usePage();
  const { rows, isLoaded, isPaused, failure, filterError, shared } = useStore(feed.state);
  const { params } = useStore(route);
  const { filter, event: selected } = params;

  const select = useCallback(
    (id: string | undefined) => {
      goTo(hrefOf('live', { filter, event: id }), { replace: true });
    },
    [filter],
  );
  // From the stores: keys may come faster than the view is rendered.
  const move = (by: number) => {
    const all = feed.state.get().rows;
    const at = all.findIndex(({ id }) => id === route.get().params['event']);
    const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
    if (next) select(next.id);
  };
  const moveDown = () => {
    move(1);
  };
  const moveUp = () => {
    move(-1);
  };

  useKeys({
    j: moveDown,
    k: moveUp,
    ArrowDown: moveDown,
    ArrowUp: moveUp,
    Enter: selected
      ? () => {
          goTo(hrefOf('event', {}, selected));
        }
      : undefined,
    Escape: selected
      ? () => {
          select(undefined);
        }
      : undefined,
    p: () => {
      feed.setPaused(!isPaused);
    },
  });

  useEffect(() => {
    if (selected === undefined) return;
    const { activeElement } = document;
    // The pane may have had the focus when it closed: the keys go on from the list.
    return () => {
      if (activeElement && !activeElement.isConnected) document.getElementById('event-list')?.focus();
    };
  }, [selected]);

  return (
    <div class="live" data-open={selected !== undefined}>
      <h1 class="hidden-text">Live events</h1>
      <div class="live-list">
        <LiveBar filter={filter ?? ''} />
        {filterError && <FilterProblem filter={filter ?? ''} error={filterError} />}
        {shared?.problem && (
          <p class="stale" role="status">
            Only the events of this process are shown. {shared.problem.message} {shared.problem.fix}
          </p>
        )}
        {rows.length > 0 ? (
          <EventList rows={rows} selected={selected} onSelect={select} />
        ) : (
          <NoRows isLoaded={isLoaded} failure={failure} filter={filter} />
        )}
      </div>
      {selected !== undefined && (
        <aside class="pane" aria-label="Selected event">
          <EventDetails
            id={selected}
            isPane
            onClose={() => {
              select(undefined);
            }}
          />
        </aside>
      )}
    </div>
  );
}
