import type { ComponentChildren } from 'preact';
import type { EventDetail } from '../../api';
import { token } from '../lib/api-client';
import { asCurl, asJson, asTest } from '../lib/copy-text';
import { filterTerm } from '../lib/filter-term';
import { bytes, clockTime, dateTime } from '../lib/format';
import { CopyButton } from '../parts/copy-button';
import { Icon } from '../parts/icon';
import { usePage } from '../state/context';
import { hrefOf } from '../state/route';
import { useStore } from '../state/store';

interface Props {
  readonly detail: EventDetail;
  readonly isPane: boolean;
  readonly onClose: (() => void) | undefined;
}

/** Name, when, who and where; and what can be done with the event. */
export function EventHead({ detail, isPane, onClose }: Props) {
  const { info, feed } = usePage();
  const { shared } = useStore(feed.state);
  const { id, name, time, actor, bytes: length, process, location, event } = detail;
  const Title = isPane ? 'h2' : 'h1';
  return (
    <header class="event-head">
      <div class="event-title">
        <Title>
          <bdi>{name}</bdi>
        </Title>
        {isPane && (
          <a
            class="button icon-button quiet"
            href={hrefOf('event', {}, id)}
            aria-label="Open on its own page"
            title="Open on its own page (Enter)"
          >
            <Icon name="expand" />
          </a>
        )}
        {onClose && <CloseButton onClose={onClose} />}
      </div>
      <dl class="facts">
        <Fact name="Time">
          <time dateTime={time} title={time}>
            {dateTime(time).slice(0, 11)}
            {clockTime(time)}
          </time>
        </Fact>
        <Fact name="User">
          {actor === undefined ? (
            <span class="muted">none</span>
          ) : (
            <a href={hrefOf('live', { filter: filterTerm('user', actor) })} title="Show the events of this user">
              <bdi>{actor}</bdi>
            </a>
          )}
        </Fact>
        <Fact name="Size">{bytes(length)}</Fact>
        {((shared ?? info).processes.length > 1 || process !== info.process.id) && (
          <Fact name="Process">{process}</Fact>
        )}
        {location !== undefined && (
          <Fact name="Emitted at">
            <code>{location}</code>
          </Fact>
        )}
        <Fact name="Id">
          <code>{id}</code>
        </Fact>
      </dl>
      <div class="row" role="group" aria-label="Copy">
        <CopyButton label="JSON" what="event as JSON" text={() => asJson(event)} />
        <CopyButton label="Test" what="event as test" text={() => asTest(event)} />
        <CopyButton label="curl" what="event as curl command" text={() => asCurl(id, token.get() !== undefined)} />
      </div>
    </header>
  );
}

export function CloseButton({ onClose }: { readonly onClose: () => void }) {
  return (
    <button
      type="button"
      class="button icon-button quiet pane-close"
      aria-label="Close the event"
      title="Close (Esc)"
      onClick={onClose}
    >
      <Icon name="close" />
    </button>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
