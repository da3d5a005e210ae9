import { useEffect, useRef } from 'preact/hooks';
import { shortCount } from '../lib/format';
import { Icon } from '../parts/icon';
import { usePage } from '../state/context';
import { goTo, hrefOf, hrefOfView, type View, VIEWS } from '../state/route';
import { useStore } from '../state/store';
import { Connection } from './connection';
import { ThemeSwitch } from './theme-switch';

const TITLES: Readonly<Record<View, string>> = {
  live: 'Live',
  event: 'One event',
  tree: 'Tree',
  violations: 'Violations',
  'dead-letters': 'Dead letters',
  catalog: 'Catalog',
  queues: 'Queues',
};

export const titleOf = (view: View): string => TITLES[view];

export function Nav({ view, onHelp }: { readonly view: View; readonly onHelp: () => void }) {
  const { info, feed } = usePage();
  const { deadLetters, violations, shared } = useStore(feed.state);
  const { processes } = shared ?? info;
  const list = useRef<HTMLOListElement>(null);
  // On a phone, the views are a row that is scrolled.
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [view, violations > 0, deadLetters > 0]);
  const badges: Partial<Record<View, number>> = { violations, 'dead-letters': deadLetters };
  return (
    <header class="side">
      <p class="brand">
        <span class="brand-mark">
          <Icon name="tree" />
        </span>
        <span class="brand-name">Event explorer</span>
      </p>
      <nav aria-label="Views">
        <ol class="nav" ref={list}>
          {VIEWS.map((each, at) => (
            <li key={each}>
              <a
                href={hrefOfView(each)}
                aria-current={each === view ? 'page' : undefined}
                aria-keyshortcuts={String(at + 1)}
              >
                <Icon name={each} />
                <span>{TITLES[each]}</span>
                {(badges[each] ?? 0) > 0 && <span class="badge">{shortCount(badges[each] ?? 0)}</span>}
              </a>
            </li>
          ))}
        </ol>
      </nav>
      <div class="side-foot">
        <Connection />
        {info.trackers.length > 1 && <TrackerChoice view={view} />}
        <p class="side-process muted" title={processes.map(({ id, node }) => `${id}, Node ${node}`).join('\n')}>
          {processes.length > 1
            ? `${String(processes.length)} processes, shown by ${info.process.id}`
            : info.process.id}
        </p>
        <div class="side-tools">
          <ThemeSwitch />
          <button
            type="button"
            class="button icon-button quiet"
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
            onClick={onHelp}
          >
            <Icon name="help" />
          </button>
        </div>
      </div>
    </header>
  );
}

function TrackerChoice({ view }: { readonly view: View }) {
  const { info, tracker } = usePage();
  return (
    <label class="side-tracker">
      <span class="muted" aria-hidden="true">
        Tracker
      </span>
      <select
        aria-label="Tracker"
        value={tracker.name}
        onChange={({ currentTarget: { value } }) => {
          goTo(hrefOf(view, { tracker: value === info.trackers[0]?.name ? undefined : value }));
        }}
      >
        {info.trackers.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
