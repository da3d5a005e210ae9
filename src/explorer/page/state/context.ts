import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ExplorerInfo, TrackerInfo } from '../../api';
import type { EventFeed } from './event-feed';

/** What every view may need. */
export interface PageContext {
  readonly info: ExplorerInfo;
  readonly feed: EventFeed;
  readonly tracker: TrackerInfo;
  /** The tracker in requests: absent for the first one. */
  readonly trackerQuery: string | undefined;
}

export const Page = createContext<PageContext | undefined>(undefined);

export function usePage(): PageContext {
  const page = useContext(Page);
  if (!page) throw new Error('The component is outside of the page.');
  return page;
}
