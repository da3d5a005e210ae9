import type { EventDetail } from '../../api';
import { hrefOf } from '../state/route';
import { Section } from './section';

/** What the catalog says about the event, in short. */
export function DocumentationSection({ detail: { name, documentation } }: { readonly detail: EventDetail }) {
  if (!documentation)
    return (
      <Section title="Documentation">
        <p class="muted">
          The catalog does not describe this event. Describe it with <code>defineEvent</code> to validate its data.
        </p>
      </Section>
    );
  const { description, when, owner, isDeprecated } = documentation;
  return (
    <Section title="Documentation" aside={<a href={hrefOf('catalog', {}, name)}>In the catalog</a>}>
      {isDeprecated && <p class="tone-wait">Deprecated</p>}
      {description !== undefined && <p dir="auto">{description}</p>}
      {when !== undefined && (
        <p dir="auto">
          <span class="muted">When:</span> {when}
        </p>
      )}
      {owner !== undefined && (
        <p>
          <span class="muted">Owner:</span> {owner}
        </p>
      )}
    </Section>
  );
}
