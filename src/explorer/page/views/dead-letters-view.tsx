import { useState } from 'preact/hooks';
import type { DeadLetterAction, DeadLetterGroup, DeadLetterGroups } from '../../api';
import { ActionDialog, type Verb } from '../dead-letters/action-dialog';
import { Letters } from '../dead-letters/letters';
import { count, plural } from '../lib/format';
import { Icon } from '../parts/icon';
import { Empty, Loaded } from '../parts/notices';
import { Ago } from '../parts/time';
import { ViewHead } from '../parts/view-head';
import { usePage } from '../state/context';
import { jobs } from '../state/jobs';
import { useResource } from '../state/resource';
import { hrefOf, route } from '../state/route';
import { useStore } from '../state/store';

const POLL_MS = 4_000;
const BUSY_POLL_MS = 600;

interface Asked {
  readonly verb: Verb;
  readonly action: DeadLetterAction;
}

/** Dead letters by destination and reason: look inside, redrive, purge. */
export function DeadLettersView() {
  const { info, trackerQuery } = usePage();
  const isBusy = useStore(jobs).some(({ state }) => state === 'running');
  const groups = useResource<DeadLetterGroups>(
    'dead-letters',
    { tracker: trackerQuery },
    isBusy ? BUSY_POLL_MS : POLL_MS,
  );
  const { params } = useStore(route);
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const ask = (verb: Verb, action: DeadLetterAction) => {
    setAsked({ verb, action });
  };
  const { redrive, purge } = info.actions;
  const shown = groups.value?.groups.filter(({ path }) => params['path'] === undefined || path === params['path']);
  const all: DeadLetterAction = params['path'] === undefined ? { all: true } : { path: params['path'] };

  return (
    <div class="page-scroll" tabIndex={0}>
      <ViewHead
        title="Dead letters"
        text="Events that a destination refused for good, or that ran out of attempts. Fix the cause, then redrive them."
        own="dead letters"
      >
        {shown && shown.length > 0 && (
          <>
            {redrive && (
              <button
                type="button"
                class="button primary"
                onClick={() => {
                  ask('redrive', all);
                }}
              >
                Redrive {params['path'] ?? 'all'}
              </button>
            )}
            {purge && (
              <button
                type="button"
                class="button danger"
                onClick={() => {
                  ask('purge', all);
                }}
              >
                Purge {params['path'] ?? 'all'}
              </button>
            )}
          </>
        )}
      </ViewHead>
      {!redrive && !purge && (
        <p class="hint">
          You can look, but not act: redrive and purge are off here. Set <code>actions</code> of TrackingExplorerModule
          to allow them.
        </p>
      )}
      {params['path'] !== undefined && (
        <p class="hint">
          Only those of <strong>{params['path']}</strong>. <a href={hrefOf('dead-letters')}>Show all</a>
        </p>
      )}
      <Loaded resource={groups} what="dead letters">
        {() =>
          shown === undefined || shown.length === 0 ? (
            <Empty icon="check" title="No dead letters">
              <p>Every event was delivered, or still waits in its queue. There is nothing to repair.</p>
            </Empty>
          ) : (
            <ul class="cards">
              {shown.map((group) => (
                <Group key={`${group.path} ${group.reason}`} group={group} ask={ask} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {asked && (
        <ActionDialog
          verb={asked.verb}
          action={asked.action}
          onClose={() => {
            setAsked(undefined);
          }}
        />
      )}
    </div>
  );
}

interface GroupProps {
  readonly group: DeadLetterGroup;
  readonly ask: (verb: Verb, action: DeadLetterAction) => void;
}

function Group({ group: { path, reason, count: letters, redrivable, oldestAt, newestAt }, ask }: GroupProps) {
  const { info } = usePage();
  const { params } = useStore(route);
  const [isOpen, setOpen] = useState(params['reason'] === reason && params['path'] === path);
  return (
    <li class="card group">
      <div class="group-head">
        <button
          type="button"
          class="group-fold"
          aria-expanded={isOpen}
          onClick={() => {
            setOpen(!isOpen);
          }}
        >
          <Icon name="chevron" />
          <span class="group-count">{count(letters)}</span>
          <span class="group-words">
            <strong>{path}</strong>
            <span class="reason" dir="auto">
              {reason}
            </span>
            {oldestAt !== undefined && newestAt !== undefined && (
              <span class="muted meta">
                <span>
                  oldest <Ago at={oldestAt} />
                </span>
                <span>
                  newest <Ago at={newestAt} />
                </span>
                {redrivable < letters && <span>{plural(letters - redrivable, 'letter')} cannot be redriven</span>}
              </span>
            )}
          </span>
        </button>
        <div class="row">
          {info.actions.redrive && redrivable > 0 && (
            <button
              type="button"
              class="button"
              onClick={() => {
                ask('redrive', { path, reason });
              }}
            >
              Redrive
              <span class="hidden-text">
                {' '}
                all of {path}, {reason}
              </span>
            </button>
          )}
          {info.actions.purge && (
            <button
              type="button"
              class="button danger"
              onClick={() => {
                ask('purge', { path, reason });
              }}
            >
              Purge
              <span class="hidden-text">
                {' '}
                all of {path}, {reason}
              </span>
            </button>
          )}
        </div>
      </div>
      {isOpen && <Letters path={path} reason={reason} count={letters} ask={ask} />}
    </li>
  );
}
