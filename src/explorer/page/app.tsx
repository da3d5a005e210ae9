import { useEffect, useMemo } from 'preact/hooks';
import type { ExplorerInfo } from '../api';
import { needsToken, token } from './lib/api-client';
import { Announcer } from './parts/announcer';
import { Loading, Problem } from './parts/notices';
import { Page, type PageContext } from './state/context';
import { EventFeed } from './state/event-feed';
import { followRunningJobs } from './state/jobs';
import { useResource } from './state/resource';
import { route } from './state/route';
import { useStore } from './state/store';
import { Frame } from './frame/frame';
import { TokenForm } from './frame/token-form';

/** Loads what the page needs once, and starts the stream. */
export function App() {
  const info = useResource<ExplorerInfo>('info');
  const isDenied = useStore(needsToken);
  if (isDenied)
    return (
      <main class="alone">
        <TokenForm />
        <Announcer />
      </main>
    );
  if (!info.value)
    return (
      <main class="alone">
        {info.failure ? <Problem failure={info.failure} retry={info.reload} /> : <Loading what="the explorer" />}
      </main>
    );
  return <Running info={info.value} />;
}

function Running({ info }: { readonly info: ExplorerInfo }) {
  const { params } = useStore(route);
  const bearer = useStore(token);
  const feed = useMemo(() => new EventFeed(), []);
  const filter = params['filter'] ?? '';
  const [first] = info.trackers;
  const tracker = info.trackers.find(({ name }) => name === params['tracker']) ?? first;
  const trackerQuery = tracker === first ? undefined : tracker?.name;

  // Other views keep the stream and its filter: their links back to the list have it.
  const { view } = useStore(route);
  const isList = view === 'live';
  useEffect(() => {
    if (isList || !feed.isStarted) feed.start(isList ? filter : '', trackerQuery);
  }, [feed, isList, filter, trackerQuery, bearer]);
  useEffect(() => {
    void followRunningJobs();
    return () => {
      feed.stop();
    };
  }, [feed]);

  const context = useMemo<PageContext>(
    () => ({ info, feed, tracker: tracker ?? { name: 'default', destinations: [] }, trackerQuery }),
    [info, feed, tracker, trackerQuery],
  );
  return (
    <Page.Provider value={context}>
      <Frame />
      <Announcer />
    </Page.Provider>
  );
}
