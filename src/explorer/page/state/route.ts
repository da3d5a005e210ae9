import { Store } from './store';

export const VIEWS = ['live', 'event', 'tree', 'violations', 'dead-letters', 'catalog', 'queues'] as const;
export type View = (typeof VIEWS)[number];

/**
 * What the page shows, kept in the hash of its address so that links can be shared and no server
 * has to know the views: `#/live?filter=user:7&event=ID`, `#/event/ID`.
 */
export interface Route {
  readonly view: View;
  /** Part after the slash: the id of an event, or the name of a documented event. */
  readonly item: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const slash = path.indexOf('/');
  const head = slash < 0 ? path : path.slice(0, slash);
  const item = slash < 0 ? '' : path.slice(slash + 1);
  return {
    view: VIEWS.find((view) => view === head) ?? 'live',
    item: item === '' ? undefined : decode(item),
    params: Object.fromEntries([...new URLSearchParams(query)].filter(([, value]) => value !== '')),
  };
}

/** Parameters that are undefined or empty are left out. */
export type RouteParams = Readonly<Record<string, string | undefined>>;

export function hrefOf(view: View, params: RouteParams = {}, item?: string): string {
  const query = new URLSearchParams();
  const tracker = route.get().params['tracker'];
  for (const [name, value] of Object.entries({ tracker, ...params })) if (value) query.set(name, value);
  const text = query.toString();
  return `#/${view}${item === undefined ? '' : `/${encodeURIComponent(item)}`}${text === '' ? '' : `?${text}`}`;
}

export const route = new Store<Route>(parseRoute(location.hash));

/** The filter and the event of the list when it was last shown: the link to it leads back there. */
let lastLive: RouteParams = {};

export const hrefOfView = (view: View): string => hrefOf(view, view === 'live' ? lastLive : {});

/** `replace` keeps the history short while a filter is typed or a selection moves. */
export function goTo(href: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  follow();
}

function follow(): void {
  const next = parseRoute(location.hash);
  if (next.view === 'live') lastLive = { filter: next.params['filter'], event: next.params['event'] };
  route.set(next);
}

export function followAddress(): void {
  addEventListener('hashchange', follow);
  addEventListener('popstate', follow);
  follow();
}

/** A link that was typed or cut may have a lone percent sign. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
