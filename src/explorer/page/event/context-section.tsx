import type { ContextSource, EventDetail } from '../../api';
import { asLine } from '../lib/copy-text';
import { JsonText } from '../parts/json-view';
import { Section } from './section';

const WORDS: Readonly<Record<ContextSource['from'], string>> = {
  request: 'request',
  scope: 'scope',
  process: 'base scope',
  processor: 'processor',
};

/** Where each key of the context comes from. */
export function ContextSection({ detail: { context, event } }: { readonly detail: EventDetail }) {
  if (context.length === 0) return null;
  return (
    <Section title="Where its context comes from">
      <div class="table-box" role="region" aria-label="Context" tabIndex={0}>
        <table class="table fixed">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {context.map(({ key, from, detail }) => (
              <tr key={key}>
                <th scope="row">
                  <bdi>{key}</bdi>
                </th>
                <td class="mono">
                  <ContextValue value={event.context[key]} />
                </td>
                <td>
                  {WORDS[from]} <bdi class="muted">{detail}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function ContextValue({ value }: { readonly value: unknown }) {
  return <JsonText text={typeof value === 'string' ? value : asLine(value)} />;
}
