import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TreeState } from '../../api';
import { Empty, Loaded } from '../parts/notices';
import { ViewHead } from '../parts/view-head';
import { usePage } from '../state/context';
import { useKeys } from '../state/keys';
import { useResource } from '../state/resource';
import { goTo, hrefOf, route } from '../state/route';
import { useStore } from '../state/store';
import { layOut } from '../tree/layout';
import { TreeCard } from '../tree/tree-card';
import { TreeNodePanel } from '../tree/tree-node-panel';

const POLL_MS = 3_000;
/** Of the box around the picture, for the focus rings of its cards. */
const BOX_PADDING = 4;
/** Parameter of the address for the root, whose path is empty. */
const ROOT = '(root)';

/** The configured tree as a picture, with the counters and the health of each node. */
export function TreeView() {
  const { trackerQuery } = usePage();
  const tree = useResource<TreeState>('tree', { tracker: trackerQuery }, POLL_MS);
  return (
    <div class="page-scroll" tabIndex={0}>
      <ViewHead
        title="Tree"
        text="Every event starts at the root. Choose a node to see its counters and its events."
        own="counters"
      />
      <Loaded resource={tree} what="the tree">
        {(state) =>
          state.nodes.length > 1 ? (
            <Picture state={state} />
          ) : (
            <Empty icon="tree" title="The tree has no backends">
              <p>Add one to `backends` of TrackingModule.forRoot: until then, events go nowhere.</p>
            </Empty>
          )
        }
      </Loaded>
    </div>
  );
}

function Picture({ state: { nodes } }: { readonly state: TreeState }) {
  const { params } = useStore(route);
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const deepest = useMemo(() => layOut(nodes, 'across').width, [nodes]);
  const form = width < Math.min(deepest, 640) ? 'down' : 'across';
  const layout = useMemo(() => layOut(nodes, form), [nodes, form]);
  const chosen = nodes.find(({ path }) => (path === '' ? ROOT : path) === params['node']);
  const choose = (path: string | undefined) => {
    goTo(hrefOf('tree', { node: path === '' ? ROOT : path }), { replace: true });
  };
  useKeys({
    Escape: chosen
      ? () => {
          choose(undefined);
        }
      : undefined,
  });

  const pictureWidth = form === 'down' ? width : layout.width;
  return (
    <div class="tree">
      <div class="tree-box" ref={box} role="group" aria-label="Tree of backends" tabIndex={0}>
        <div class="tree-picture" style={{ width: `${String(pictureWidth)}px`, height: `${String(layout.height)}px` }}>
          <svg class="tree-edges" width={pictureWidth} height={layout.height} aria-hidden="true" focusable="false">
            {layout.edges.map(({ path, line }) => (
              <path key={path} d={line} />
            ))}
          </svg>
          {layout.placed.map((placed) => (
            <TreeCard
              key={placed.node.path}
              placed={placed}
              stretch={form === 'down' ? width : undefined}
              isSelected={placed.node === chosen}
              onSelect={choose}
            />
          ))}
        </div>
      </div>
      {chosen && (
        <TreeNodePanel
          node={chosen}
          onClose={() => {
            choose(undefined);
          }}
        />
      )}
    </div>
  );
}

function useWidth(box: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(1_000);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      setWidth(element.clientWidth - 2 * BOX_PADDING);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);
  return width;
}
