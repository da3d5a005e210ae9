import { useState } from 'preact/hooks';
import type { EventDetail } from '../../api';
import { asJson } from '../lib/copy-text';
import { CopyButton } from '../parts/copy-button';
import { JsonView } from '../parts/json-view';
import { Section } from './section';

/** The JSON that was emitted, or that one destination received. */
export function JsonSection({ detail: { event, received, isCut } }: { readonly detail: EventDetail }) {
  const [path, setPath] = useState('');
  const shown = received.find((each) => each.path === path)?.event ?? event;
  const choice = (
    <div class="row">
      {received.length > 0 && (
        <select
          aria-label="Whose JSON is shown"
          value={path}
          onChange={({ currentTarget }) => {
            setPath(currentTarget.value);
          }}
        >
          <option value="">as emitted</option>
          {received.map((each) => (
            <option key={each.path} value={each.path}>
              as {each.path} got it
            </option>
          ))}
        </select>
      )}
      <CopyButton what="the JSON shown" text={() => asJson(shown)} />
    </div>
  );
  return (
    <Section title="JSON" aside={choice}>
      <JsonView key={path} value={shown} label="JSON of the event" />
      {isCut && <p class="muted">Values that are too large to be kept are cut. Personal data is redacted.</p>}
    </Section>
  );
}
