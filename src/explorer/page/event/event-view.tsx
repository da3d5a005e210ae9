import { useEffect, useState } from 'preact/hooks';
import { Empty } from '../parts/notices';
import { ViewHead } from '../parts/view-head';
import { useKeys } from '../state/keys';
import { goTo, hrefOf, hrefOfView, route } from '../state/route';
import { Store, useStore } from '../state/store';
import { EventDetails } from './event-details';

/** The event that was last opened, so that the view leads back to it. */
const lastId = new Store<string | undefined>(undefined);

/** One event on a page of its own; without one, a field for its id. */
export function EventView() {
  const { item } = useStore(route);
  const last = useStore(lastId);
  const id = item ?? last;
  useEffect(() => {
    if (item !== undefined) lastId.set(item);
  }, [item]);
  useKeys({
    Escape: () => {
      goTo(hrefOfView('live'));
    },
  });
  return (
    <div class="page-scroll" tabIndex={0}>
      <div class="event-page">
        <FindEvent />
        {id === undefined ? (
          <>
            <ViewHead title="One event" text="Everything that happened to one event, from emit to each destination." />
            <Empty icon="event" title="Choose an event">
              <p>
                Press <kbd>Enter</kbd> on an event of the <a href={hrefOfView('live')}>list</a>, or enter an id from a
                log above.
              </p>
            </Empty>
          </>
        ) : (
          <EventDetails id={id} isPane={false} />
        )}
      </div>
    </div>
  );
}

function FindEvent() {
  const [text, setText] = useState('');
  return (
    <form
      class="find"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') goTo(hrefOf('event', {}, text.trim()));
        setText('');
      }}
    >
      <input
        data-search
        type="text"
        class="mono"
        aria-label="Id of an event"
        placeholder="Id of an event"
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <button type="submit" class="button">
        Open
      </button>
    </form>
  );
}
