import type { EventDetail, EventLink } from '../../api';
import { hrefOf } from '../state/route';
import { Section } from './section';

/** The event during which it was emitted, and those that were emitted during it. */
export function Relations({ detail: { parent, children } }: { readonly detail: EventDetail }) {
  if (!parent && children.length === 0) return null;
  return (
    <Section title="Related events">
      <ul class="relations">
        {parent && (
          <li>
            <span class="muted">Emitted during</span> <Related link={parent} />
          </li>
        )}
        {children.map((link) => (
          <li key={link.id}>
            <span class="muted">Caused</span> <Related link={link} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Related({ link: { id, name } }: { readonly link: EventLink }) {
  return (
    <a href={hrefOf('event', {}, id)}>
      <bdi>{name}</bdi>
    </a>
  );
}
