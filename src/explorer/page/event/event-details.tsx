import { useEffect, useRef, useState } from 'preact/hooks';
import type { EventDetail } from '../../api';
import { Loaded } from '../parts/notices';
import { usePage } from '../state/context';
import { useResource } from '../state/resource';
import { ContextSection } from './context-section';
import { DestinationsSection } from './destinations-section';
import { DocumentationSection } from './documentation-section';
import { CloseButton, EventHead } from './event-head';
import { JsonSection } from './json-section';
import { Relations } from './relations';
import { StepsSection } from './steps-section';
import { EventViolations } from './event-violations';

const POLL_MS = 2_000;

interface Props {
  readonly id: string;
  readonly isPane: boolean;
  readonly onClose?: () => void;
}

/** Everything known about one event; loaded again until every destination is done with it. */
export function EventDetails({ id, isPane, onClose }: Props) {
  const { trackerQuery } = usePage();
  const [isWaiting, setWaiting] = useState(true);
  const query = trackerQuery === undefined ? {} : { tracker: trackerQuery };
  const detail = useResource<EventDetail>(`events/${encodeURIComponent(id)}`, query, isWaiting ? POLL_MS : undefined);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    box.current?.scrollTo(0, 0);
    setWaiting(true);
  }, [id]);
  const { value, failure } = detail;
  useEffect(() => {
    if (value) setWaiting(value.outcomes.some(({ state }) => state === 'queued' || state === 'retrying'));
    else if (failure?.status === 404) setWaiting(false);
  }, [value, failure]);

  return (
    <div
      class={isPane ? 'details in-pane' : 'details'}
      ref={box}
      tabIndex={isPane ? 0 : -1}
      role="group"
      aria-label="Details"
    >
      {onClose && !detail.value && <CloseButton onClose={onClose} />}
      <Loaded resource={detail} what="the event">
        {(shown) => <Sections detail={shown} isPane={isPane} onClose={onClose} />}
      </Loaded>
    </div>
  );
}

interface SectionsProps {
  readonly detail: EventDetail;
  readonly isPane: boolean;
  readonly onClose: (() => void) | undefined;
}

function Sections({ detail, isPane, onClose }: SectionsProps) {
  return (
    <article class="event" aria-label={detail.name}>
      <EventHead detail={detail} isPane={isPane} onClose={onClose} />
      <div class="sections">
        <div class="sections-main">
          <DestinationsSection detail={detail} />
          {detail.violationList.length > 0 && <EventViolations rows={detail.violationList} />}
          <StepsSection steps={detail.steps} />
        </div>
        <div class="sections-side">
          <JsonSection key={detail.id} detail={detail} />
          <ContextSection detail={detail} />
          <Relations detail={detail} />
          <DocumentationSection detail={detail} />
        </div>
      </div>
    </article>
  );
}
