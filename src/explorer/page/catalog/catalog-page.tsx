import { asJson } from '../lib/copy-text';
import { filterTerm } from '../lib/filter-term';
import { count } from '../lib/format';
import { CopyButton } from '../parts/copy-button';
import { Ago } from '../parts/time';
import { hrefOf } from '../state/route';
import { FieldTable } from './field-table';
import type { Entry } from './select-events';

/** Documentation of one event, and whether it is emitted. */
export function CatalogPage({ entry: { name, documentation, seen } }: { readonly entry: Entry }) {
  const facts = [
    ...(documentation?.owner === undefined ? [] : [documentation.owner]),
    ...(documentation?.source === undefined ? [] : [documentation.source]),
    ...(documentation?.version === undefined ? [] : [`version ${String(documentation.version)}`]),
  ];
  return (
    <article class="catalog-page" aria-label={name}>
      <h2>
        <bdi>{name}</bdi>
      </h2>
      {documentation?.isDeprecated && <p class="tone-wait">Deprecated</p>}
      {facts.length > 0 && <p class="muted">{facts.join(' · ')}</p>}
      {documentation ? (
        <>
          {documentation.description !== undefined && <p dir="auto">{documentation.description}</p>}
          {documentation.when !== undefined && (
            <p dir="auto">
              <span class="muted">When:</span> {documentation.when}
            </p>
          )}
        </>
      ) : (
        <p>
          The application emits this event, but the catalog does not describe it: its data is not validated. Describe it
          with <code>defineEvent</code>.
        </p>
      )}
      <div class="seen">
        {seen ? (
          <>
            <p>
              Seen <strong>{count(seen.count)}</strong> {seen.count === 1 ? 'time' : 'times'}, first{' '}
              <Ago at={seen.firstAt} />, last <Ago at={seen.lastAt} />
            </p>
            <a class="button" href={hrefOf('live', { filter: filterTerm('name', name) })}>
              Show its events
            </a>
          </>
        ) : (
          <p class="muted">Never seen since this process started.</p>
        )}
      </div>
      {documentation && documentation.fields.length > 0 && <FieldTable fields={documentation.fields} />}
      {documentation?.example !== undefined && (
        <>
          <div class="section-head">
            <h3>Example</h3>
            <CopyButton what="example" text={() => asJson(documentation.example)} />
          </div>
          <pre class="code" tabIndex={0} aria-label="Example of its data">
            {asJson(documentation.example)}
          </pre>
        </>
      )}
    </article>
  );
}
