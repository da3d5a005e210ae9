import type { ViolationRow } from '../../api';
import { asLine } from '../lib/copy-text';
import { hrefOf } from '../state/route';
import { Suggestion } from '../parts/suggestion';
import { JsonText } from '../parts/json-view';
import { Section } from './section';

/** How this event violates its documentation. */
export function EventViolations({ rows }: { readonly rows: readonly ViolationRow[] }) {
  return (
    <Section title="Violations" aside={<a href={hrefOf('violations')}>All violations</a>}>
      <ul class="violations">
        {rows.map(({ path, kind, message, example, suggestion }) => (
          <li key={`${path} ${kind}`}>
            <p>
              <code>{path}</code> <span dir="auto">{message}</span>
            </p>
            {example !== undefined && (
              <p class="muted">
                Value:{' '}
                <span class="mono">
                  <JsonText text={asLine(example)} />
                </span>
              </p>
            )}
            {suggestion && <Suggestion text={suggestion.text} schema={suggestion.schema} />}
          </li>
        ))}
      </ul>
    </Section>
  );
}
