import type { ViolationRow } from '../../api';
import { asLine } from '../lib/copy-text';
import { filterTerm } from '../lib/filter-term';
import { count } from '../lib/format';
import { JsonText } from '../parts/json-view';
import { Empty, Loaded } from '../parts/notices';
import { Suggestion } from '../parts/suggestion';
import { Ago } from '../parts/time';
import { ViewHead } from '../parts/view-head';
import { usePage } from '../state/context';
import { useResource } from '../state/resource';
import { hrefOf } from '../state/route';

const POLL_MS = 5_000;

/** Events that do not match the catalog, by event, path and kind. */
export function ViolationsView() {
  const { trackerQuery } = usePage();
  const violations = useResource<readonly ViolationRow[]>('violations', { tracker: trackerQuery }, POLL_MS);
  return (
    <div class="page-scroll" tabIndex={0}>
      <ViewHead
        title="Violations"
        text="Events whose data does not match the catalog, since this process started."
        own="violations"
      />
      <Loaded resource={violations} what="violations">
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="violations" title="No violations">
              <p>
                Every event that the catalog describes matched it. Undocumented events are not validated: the{' '}
                <a href={hrefOf('catalog', { show: 'undocumented' })}>catalog lists them</a>.
              </p>
            </Empty>
          ) : (
            <ul class="cards">
              {rows.map((row) => (
                <Violation key={`${row.event} ${row.path} ${row.kind} ${row.location}`} row={row} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </div>
  );
}

function Violation({ row }: { readonly row: ViolationRow }) {
  const { event, path, kind, message, location, mode, firstAt, lastAt, example, suggestion } = row;
  return (
    <li class="card violation">
      <p class="violation-count">
        <strong>{count(row.count)}</strong>
        <span class="muted">{row.count === 1 ? 'time' : 'times'}</span>
      </p>
      <div class="violation-body">
        <h2>
          <a href={hrefOf('live', { filter: `${filterTerm('name', event)} has:violation` })} title="Show these events">
            <bdi>{event}</bdi>
          </a>
        </h2>
        <p>
          <code>{path}</code> <span dir="auto">{message}</span>
        </p>
        {example !== undefined && (
          <p class="example">
            <span class="muted">Example:</span>{' '}
            <span class="mono">
              <JsonText text={asLine(example)} />
            </span>
          </p>
        )}
        {suggestion && <Suggestion text={suggestion.text} schema={suggestion.schema} />}
        <p class="muted meta">
          <span>{kind}</span>
          <span>mode {mode}</span>
          <span>
            first <Ago at={firstAt} />
          </span>
          <span>
            last <Ago at={lastAt} />
          </span>
          <code>{location}</code>
        </p>
      </div>
    </li>
  );
}
