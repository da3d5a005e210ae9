import type { QueuePartState, QueueState } from '../../api';
import { count, duration, plural } from '../lib/format';
import { Empty, Loaded } from '../parts/notices';
import { Ago } from '../parts/time';
import { ViewHead } from '../parts/view-head';
import { usePage } from '../state/context';
import { useResource } from '../state/resource';

const POLL_MS = 3_000;
/** Age of the oldest entry from which it is marked. */
const OLD_MS = 600_000;

const KINDS: Readonly<Record<QueueState['kind'], string>> = {
  bull: 'Bull',
  'redis-streams': 'Redis Streams',
  outbox: 'Outbox',
  kafka: 'Kafka',
  memory: 'In this process',
  custom: 'The application’s own',
};

/** Depth, lag, workers and the oldest entry of every queue and bus. */
export function QueuesView() {
  const { trackerQuery } = usePage();
  const queues = useResource<readonly QueueState[]>('queues', { tracker: trackerQuery }, POLL_MS);
  return (
    <div class="page-scroll" tabIndex={0}>
      <ViewHead
        title="Queues"
        text="Queues of asynchronous routing, the event bus, and its consumers."
        own="queues and consumers"
      />
      <Loaded resource={queues} what="queues">
        {(list) =>
          list.length === 0 ? (
            <Empty icon="queues" title="No queues">
              <p>
                Add an AsyncRoutingBackend to route events in workers, or an EventBusBackend to send them to other
                services.
              </p>
            </Empty>
          ) : (
            <ul class="cards grid">
              {list.map((queue) => (
                <Queue key={`${queue.role} ${queue.path}`} queue={queue} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </div>
  );
}

function Queue({ queue }: { readonly queue: QueueState }) {
  const { kind, role, names, path, workers, oldestAt, lookedAt, counts, parts, error } = queue;
  const shownNames = names.length === 1 && names[0] === path ? '' : names.join(', ');
  return (
    <li class="card queue">
      <h2>{path}</h2>
      <p class="muted">
        {[role === 'consumer' ? `${KINDS[kind]} consumer` : KINDS[kind], shownNames].filter(Boolean).join(' · ')}
      </p>
      {error !== undefined && (
        <p class="tone-bad" role="status">
          {error.message} {error.fix}
        </p>
      )}
      <Numbers queue={queue} />
      {workers === 0 && (
        <p class="tone-bad">
          {role === 'consumer' ? 'The group has no member.' : 'No worker takes events from it. Start one.'}
        </p>
      )}
      {oldestAt !== undefined && <Oldest at={oldestAt} />}
      {parts !== undefined && <Parts parts={parts} noun={kind === 'kafka' ? 'partition' : 'stream'} />}
      <dl class="counts">
        {Object.entries(counts).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{count(value)}</dd>
          </div>
        ))}
      </dl>
      {lookedAt !== undefined && (
        <p class="muted meta">
          <span>
            as of <Ago at={lookedAt} />
          </span>
        </p>
      )}
    </li>
  );
}

function Numbers({ queue }: { readonly queue: QueueState }) {
  const { waiting, active, delayed, failed, depth, lag, workers } = queue;
  const numbers: readonly (readonly [string, number | undefined])[] = [
    ['Waiting', waiting],
    ['Lag', lag],
    ['Active', active],
    ['Delayed', delayed],
    ['Failed', failed],
    ['Entries', depth],
    [queue.kind === 'bull' ? 'Workers' : 'Members', workers],
  ];
  const known = numbers.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  if (known.length === 0) return null;
  return (
    <dl class="numbers">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{count(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Parts({ parts, noun }: { readonly parts: readonly QueuePartState[]; readonly noun: string }) {
  return (
    <details>
      <summary>{plural(parts.length, noun)}</summary>
      <dl class="counts">
        {parts.map(({ name, depth, lag }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {[lag === undefined ? '' : `lag ${count(lag)}`, depth === undefined ? '' : `of ${count(depth)}`]
                .filter(Boolean)
                .join(' ')}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Oldest({ at }: { readonly at: string }) {
  const age = Math.max(0, Date.now() - new Date(at).getTime());
  return (
    <p class={age > OLD_MS ? 'tone-wait' : undefined} title={at}>
      Oldest entry: {age < 60_000 ? duration(Math.round(age / 1_000) * 1_000) : duration(age)} old
    </p>
  );
}
