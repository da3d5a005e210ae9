import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { EventView } from '../event/event-view';
import { LiveView } from '../live/live-view';
import { usePage } from '../state/context';
import { useKeys } from '../state/keys';
import { goTo, hrefOfView, route, type View, VIEWS } from '../state/route';
import { useStore } from '../state/store';
import { CatalogView } from '../views/catalog-view';
import { DeadLettersView } from '../views/dead-letters-view';
import { QueuesView } from '../views/queues-view';
import { TreeView } from '../views/tree-view';
import { ViolationsView } from '../views/violations-view';
import { JobStrip } from './job-strip';
import { Nav, titleOf } from './nav';
import { Shortcuts } from './shortcuts';

const COMPONENTS: Readonly<Record<View, () => JSX.Element>> = {
  live: LiveView,
  event: EventView,
  tree: TreeView,
  violations: ViolationsView,
  'dead-letters': DeadLettersView,
  catalog: CatalogView,
  queues: QueuesView,
};

/** Navigation at the side, the view next to it. */
export function Frame() {
  const { view } = useStore(route);
  const { tracker } = usePage();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);

  useKeys({
    ...Object.fromEntries(
      VIEWS.map((each, at) => [
        String(at + 1),
        () => {
          goTo(hrefOfView(each));
        },
      ]),
    ),
    '?': () => {
      setHelpOpen(true);
    },
    '/': () => {
      const field = document.querySelector<HTMLInputElement>('[data-search]');
      if (field) field.select();
      else goTo(hrefOfView('live'));
      field?.focus();
    },
  });

  // A screen reader starts at the new view, and its title is the page's.
  useEffect(() => {
    document.title = `${titleOf(view)} · Event explorer`;
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [view]);

  const Shown = COMPONENTS[view];
  return (
    <div class="frame">
      <a
        class="skip"
        href="#view"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the view
      </a>
      <Nav
        view={view}
        onHelp={() => {
          setHelpOpen(true);
        }}
      />
      <main class={`view view-${view}`} id="view" ref={main} tabIndex={-1}>
        <JobStrip />
        <Shown key={tracker.name} />
      </main>
      {isHelpOpen && (
        <Shortcuts
          onClose={() => {
            setHelpOpen(false);
          }}
        />
      )}
    </div>
  );
}
