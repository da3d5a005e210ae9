import { useState } from 'preact/hooks';
import type { DeadLetterAction, DeadLetterPage, DeadLetterRow } from '../../api';
import { count, dateTime, plural } from '../lib/format';
import { Icon } from '../parts/icon';
import { JsonView } from '../parts/json-view';
import { Loaded } from '../parts/notices';
import { usePage } from '../state/context';
import { useResource } from '../state/resource';
import { hrefOf } from '../state/route';
import type { Verb } from './action-dialog';

const FIRST_PAGE = 20;
/** The API gives no more at once. */
const NEXT_PAGE = 200;

interface Props {
  readonly path: string;
  readonly reason: string;
  /** Number of letters in the group: the list is loaded again when it changes. */
  readonly count: number;
  readonly ask: (verb: Verb, action: DeadLetterAction) => void;
}

/** The letters of a group, newest first. */
export function Letters(props: Props) {
  return <Page {...props} limit={FIRST_PAGE} shown={0} />;
}

interface PageProps extends Props {
  readonly limit: number;
  /** Number of letters above this page, and the id of the last of them. */
  readonly shown: number;
  readonly before?: string;
}

/** A page of letters, and below it the next one, once it was asked for. */
function Page({ path, reason, count: letters, ask, limit, shown, before }: PageProps) {
  const { trackerQuery } = usePage();
  const query = { tracker: trackerQuery, path, reason, limit, before };
  const page = useResource<DeadLetterPage>('dead-letters/list', query);
  const [known, setKnown] = useState(letters);
  const [hasNext, setNext] = useState(false);
  if (known !== letters) {
    setKnown(letters);
    page.reload();
  }
  return (
    <Loaded resource={page} what="dead letters">
      {({ letters: rows, total }) => {
        const last = rows.at(-1)?.id;
        const next = shown + rows.length;
        return (
          <>
            <ul class="letters">
              {rows.map((row) => (
                <Letter key={row.id} row={row} ask={ask} />
              ))}
            </ul>
            {last !== undefined && total > next && !hasNext && (
              <p class="letters-more muted">
                {count(next)} of {count(total)} shown.{' '}
                <button
                  type="button"
                  class="link"
                  onClick={() => {
                    setNext(true);
                  }}
                >
                  Show more
                </button>
              </p>
            )}
            {last !== undefined && total > next && hasNext && (
              <Page
                path={path}
                reason={reason}
                count={letters}
                ask={ask}
                limit={NEXT_PAGE}
                shown={next}
                before={last}
              />
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function Letter({ row, ask }: { readonly row: DeadLetterRow; readonly ask: Props['ask'] }) {
  const { info } = usePage();
  const [isOpen, setOpen] = useState(false);
  const { id, path, at, attempts, canRedrive, event } = row;
  const target = { path, id };
  return (
    <li class="letter">
      <div class="letter-head">
        <button
          type="button"
          class="letter-fold"
          aria-expanded={isOpen}
          onClick={() => {
            setOpen(!isOpen);
          }}
        >
          <Icon name="chevron" />
          <time dateTime={at}>{dateTime(at)}</time>
          <bdi class="letter-name">{event.name}</bdi>
          <span class="muted">{plural(attempts, 'attempt')}</span>
        </button>
        <div class="row">
          {info.actions.redrive && canRedrive && (
            <button
              type="button"
              class="link"
              onClick={() => {
                ask('redrive', target);
              }}
            >
              Redrive<span class="hidden-text"> {event.name}</span>
            </button>
          )}
          {info.actions.purge && (
            <button
              type="button"
              class="link tone-bad"
              onClick={() => {
                ask('purge', target);
              }}
            >
              Purge<span class="hidden-text"> {event.name}</span>
            </button>
          )}
        </div>
      </div>
      {isOpen && (
        <div class="letter-body">
          <p>
            <a href={hrefOf('event', {}, id)}>Its way through the tree</a>
          </p>
          <JsonView value={event} label="JSON of the dead letter" />
        </div>
      )}
    </li>
  );
}
