import { usePage } from '../state/context';
import { useStore } from '../state/store';

/**
 * Says that a view shows one of several processes: only the events are merged.
 * @param what what each process has of its own, for example `dead letters`
 */
export function OwnProcess({ what }: { readonly what: string }) {
  const { info, feed } = usePage();
  const { shared } = useStore(feed.state);
  const { processes } = shared ?? info;
  const others = processes.length - 1;
  if (shared === undefined && others < 1) return null;
  return (
    <p class="own-process">
      Only the {what} of this process, <bdi>{info.process.id}</bdi>.{others === 1 && ' One other process has its own.'}
      {others > 1 && ` ${String(others)} other processes have their own.`}
    </p>
  );
}
