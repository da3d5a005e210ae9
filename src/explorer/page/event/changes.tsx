import type { ValueChange } from '../../api';
import { asLine } from '../lib/copy-text';
import { JsonText } from '../parts/json-view';

const SIGNS = { added: 'added', removed: 'removed', changed: 'changed' } as const;

/** A diff by path. Plus and minus say what the colours say. */
export function Changes({ changes }: { readonly changes: readonly ValueChange[] }) {
  return (
    <dl class="changes">
      {changes.map(({ path, kind, before, after }) => (
        <div key={path}>
          <dt>
            <bdi>{path}</bdi> <span class="hidden-text">{SIGNS[kind]}</span>
          </dt>
          {kind !== 'added' && (
            <dd class="change-before">
              <Value sign="−" value={before} />
            </dd>
          )}
          {kind !== 'removed' && (
            <dd class="change-after">
              <Value sign="+" value={after} />
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}

function Value({ sign, value }: { readonly sign: string; readonly value: unknown }) {
  return (
    <>
      <span class="change-sign">{sign}</span>
      <span class="change-value">
        <JsonText text={typeof value === 'string' ? value : asLine(value)} />
      </span>
    </>
  );
}
