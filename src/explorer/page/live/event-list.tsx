import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { EventRow as Row } from '../../api';
import { shortCount } from '../lib/format';
import { Icon } from '../parts/icon';
import { usePage } from '../state/context';
import { useStore } from '../state/store';
import { columnsOf } from './columns';
import { EventRow } from './event-row';
import { ListHead } from './list-head';

const OVERSCAN = 8;
/** Rows from the end at which older events are loaded. */
const NEAR_END = 20;

interface Props {
  readonly rows: readonly Row[];
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
}

/**
 * Renders the rows in sight only. At the top and without a selection, the list follows new events;
 * otherwise the rows in sight keep their place and a button counts what is above.
 */
export function EventList({ rows, selected, onSelect }: Props) {
  const { feed, tracker } = usePage();
  const { hasOlder, shared } = useStore(feed.state);
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const { height, rowHeight } = useSize(box);
  const anchor = useRef<string | undefined>(undefined);
  const isLoading = useRef(false);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element || (element.scrollTop === 0 && selected === undefined)) return;
    const at = rows.findIndex(({ id }) => id === anchor.current);
    const was = Math.floor(top / rowHeight);
    if (at > was) element.scrollTop += (at - was) * rowHeight;
  }, [rows]);

  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + OVERSCAN);
  useEffect(() => {
    anchor.current = rows[Math.floor(top / rowHeight)]?.id;
  });

  const selectedAt = selected === undefined ? -1 : rows.findIndex(({ id }) => id === selected);
  const scrolledTo = useRef<string | undefined>(undefined);
  useEffect(() => {
    const element = box.current;
    if (selected === undefined) scrolledTo.current = undefined;
    // A linked event may be loaded after the first rows of the stream.
    if (!element || selectedAt < 0 || scrolledTo.current === selected) return;
    scrolledTo.current = selected;
    const start = selectedAt * rowHeight;
    const above = element.scrollTop - start;
    const below = start + rowHeight - element.scrollTop - element.clientHeight;
    // The next row comes into sight at the edge; one from a link, in the middle.
    if (Math.max(above, below) > 3 * rowHeight) element.scrollTop = start - element.clientHeight / 2;
    else if (above > 0) element.scrollTop = start;
    else if (below > 0) element.scrollTop += below;
  }, [selected, selectedAt, rowHeight]);

  const scroll = () => {
    const element = box.current;
    if (!element) return;
    setTop(element.scrollTop);
    const end = (element.scrollTop + element.clientHeight) / rowHeight;
    if (!hasOlder || isLoading.current || end < rows.length - NEAR_END) return;
    isLoading.current = true;
    void feed.loadOlder().finally(() => {
      isLoading.current = false;
    });
  };

  const above = Math.floor(top / rowHeight);
  const inSight = rows.slice(first, last);
  const columns = columnsOf(tracker.destinations, inSight);
  return (
    <div class="list" style={{ '--marks': String(columns.length) }}>
      <ListHead columns={columns} />
      <div
        ref={box}
        id="event-list"
        class="list-rows"
        role="listbox"
        tabIndex={0}
        aria-label="Events, newest first"
        aria-activedescendant={selectedAt >= first && selectedAt < last ? `row-${selected ?? ''}` : undefined}
        onScroll={scroll}
      >
        <div class="list-space" role="presentation" style={{ height: `${String(rows.length * rowHeight)}px` }}>
          {inSight.map((row, at) => (
            <EventRow
              key={row.id}
              row={row}
              top={(first + at) * rowHeight}
              position={first + at + 1}
              size={rows.length}
              columns={columns}
              showsProcess={shared !== undefined && shared.processes.length > 1}
              isSelected={row.id === selected}
              onSelect={onSelect}
            />
          ))}
        </div>
      </div>
      {above > 0 && (
        <button
          type="button"
          class="button to-top"
          onClick={() => {
            if (box.current) box.current.scrollTop = 0;
          }}
        >
          <Icon name="up" />
          {shortCount(above)} newer
        </button>
      )}
    </div>
  );
}

/** Height of the box and of one row, which the style sheet sets by the width. */
function useSize(box: { readonly current: HTMLElement | null }): {
  readonly height: number;
  readonly rowHeight: number;
} {
  const [size, setSize] = useState({ height: 800, rowHeight: 36 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      const rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row-height')) || 36;
      setSize((before) =>
        before.height === element.clientHeight && before.rowHeight === rowHeight
          ? before
          : { height: element.clientHeight, rowHeight },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);
  return size;
}
