import { useMemo, useState } from 'preact/hooks';
import type { CatalogState } from '../../api';
import { CatalogPage } from '../catalog/catalog-page';
import { entriesOf, isShown, matches, SHOW_WORDS, SHOWS, type Entry, type Show } from '../catalog/select-events';
import { count, shortCount } from '../lib/format';
import { Empty, Loaded } from '../parts/notices';
import { ViewHead } from '../parts/view-head';
import { usePage } from '../state/context';
import { useResource } from '../state/resource';
import { goTo, hrefOf, route } from '../state/route';
import { useStore } from '../state/store';

const POLL_MS = 5_000;

/** Documented events, with what was really seen. */
export function CatalogView() {
  const { trackerQuery } = usePage();
  const catalog = useResource<CatalogState>('catalog', { tracker: trackerQuery }, POLL_MS);
  return (
    <div class="page-scroll" tabIndex={0}>
      <ViewHead title="Catalog" text="What the catalog documents, next to what this process has seen." own="counts" />
      <Loaded resource={catalog} what="the catalog">
        {(state) => <Entries state={state} />}
      </Loaded>
    </div>
  );
}

function Entries({ state }: { readonly state: CatalogState }) {
  const { item, params } = useStore(route);
  const [query, setQuery] = useState('');
  const entries = useMemo(() => entriesOf(state), [state]);
  const show: Show = SHOWS.find((each) => each === params['show']) ?? 'all';
  const found = entries.filter((entry) => isShown(entry, show) && matches(entry, query));
  const chosen = entries.find(({ name }) => name === item);

  if (entries.length === 0)
    return (
      <Empty icon="catalog" title="Nothing is documented yet">
        <p>
          Describe an event with <code>defineEvent</code> and pass it to the module. Events that are emitted without it
          are listed here as soon as they are seen.
        </p>
      </Empty>
    );
  return (
    <div class="catalog" data-open={chosen !== undefined}>
      <div class="catalog-side">
        <div class="catalog-tools">
          <input
            data-search
            type="search"
            aria-label="Search the catalog"
            placeholder="Search names, fields, owners"
            value={query}
            onInput={({ currentTarget }) => {
              setQuery(currentTarget.value);
            }}
          />
          <select
            aria-label="Which events"
            value={show}
            onChange={({ currentTarget }) => {
              goTo(hrefOf('catalog', { show: currentTarget.value === 'all' ? undefined : currentTarget.value }, item));
            }}
          >
            {SHOWS.map((each) => (
              <option key={each} value={each}>
                {SHOW_WORDS[each]} ({count(entries.filter((entry) => isShown(entry, each)).length)})
              </option>
            ))}
          </select>
        </div>
        <ul class="catalog-list" aria-label="Events">
          {found.map((entry) => (
            <EntryLink key={entry.name} entry={entry} show={show} isChosen={entry === chosen} />
          ))}
        </ul>
        {found.length === 0 && <p class="muted catalog-none">No event matches.</p>}
      </div>
      <div class="catalog-main">
        {chosen ? (
          <>
            <a class="catalog-back" href={hrefOf('catalog', { show: params['show'] })}>
              All events
            </a>
            <CatalogPage entry={chosen} />
          </>
        ) : (
          <Empty icon="catalog" title="Choose an event">
            <p>Its documentation is shown here, with how often it was seen.</p>
          </Empty>
        )}
      </div>
    </div>
  );
}

interface EntryProps {
  readonly entry: Entry;
  readonly show: Show;
  readonly isChosen: boolean;
}

function EntryLink({ entry: { name, documentation, seen }, show, isChosen }: EntryProps) {
  const note = documentation ? (documentation.isDeprecated ? 'deprecated' : undefined) : 'not documented';
  return (
    <li>
      <a
        href={hrefOf('catalog', { show: show === 'all' ? undefined : show }, name)}
        aria-current={isChosen ? 'true' : undefined}
      >
        <span class="catalog-name">
          <bdi>{name}</bdi>
          {note !== undefined && <span class="tone-wait small">{note}</span>}
        </span>
        <span class="catalog-seen">{seen ? shortCount(seen.count) : <span class="muted">never</span>}</span>
      </a>
    </li>
  );
}
