import { asJson } from '../lib/copy-text';
import { CopyButton } from './copy-button';

/** The change of the schema that would accept a value. */
export function Suggestion({ text, schema }: { readonly text: string; readonly schema: unknown }) {
  return (
    <details class="suggestion">
      <summary>{text}</summary>
      <div class="suggestion-schema">
        <pre class="code" tabIndex={0} aria-label="JSON Schema that accepts it">
          {asJson(schema)}
        </pre>
        <CopyButton what="JSON Schema" text={() => asJson(schema)} />
      </div>
    </details>
  );
}
