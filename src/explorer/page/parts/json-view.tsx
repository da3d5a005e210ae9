import { useState } from 'preact/hooks';
import { count } from '../lib/format';

/** Longer strings and lists are cut until the reader asks for the rest. */
const MAX_CHARACTERS = 400;
const MAX_ENTRIES = 50;
/** Objects deeper than this are folded at first. */
const OPEN_DEPTH = 4;

/** A JSON value that can be folded. Strings are text with a direction of their own. */
export function JsonView({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    <div class="json" role="group" aria-label={label} tabIndex={0}>
      <JsonValue value={value} depth={0} />
    </div>
  );
}

function JsonValue({ value, depth }: { readonly value: unknown; readonly depth: number }) {
  if (typeof value === 'string') return <JsonText text={value} />;
  if (value === null || typeof value !== 'object')
    return <span class={`json-${value === null ? 'null' : typeof value}`}>{String(value)}</span>;
  return <JsonBranch value={value} depth={depth} />;
}

function JsonBranch({ value, depth }: { readonly value: object; readonly depth: number }) {
  const entries = Object.entries(value) as [string, unknown][];
  const isList = Array.isArray(value);
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH);
  const [limit, setLimit] = useState(MAX_ENTRIES);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return <span class="json-sign">{open + close}</span>;
  const size = `${count(entries.length)} ${isList ? (entries.length === 1 ? 'item' : 'items') : entries.length === 1 ? 'field' : 'fields'}`;
  return (
    <>
      <button
        type="button"
        class="json-fold"
        aria-expanded={isOpen}
        aria-label={`${isOpen ? 'Fold' : 'Unfold'} ${size}`}
        onClick={() => {
          setOpen(!isOpen);
        }}
      >
        {isOpen ? open : `${open} ${size} ${close}`}
      </button>
      {isOpen && (
        <>
          <ul class="json-entries">
            {entries.slice(0, limit).map(([key, each]) => (
              <li key={key}>
                {!isList && (
                  <>
                    <bdi class="json-key">{key === '' ? '""' : key}</bdi>
                    <span class="json-sign">: </span>
                  </>
                )}
                <JsonValue value={each} depth={depth + 1} />
              </li>
            ))}
            {entries.length > limit && (
              <li>
                <button
                  type="button"
                  class="link"
                  onClick={() => {
                    setLimit(limit + MAX_ENTRIES * 10);
                  }}
                >
                  {count(entries.length - limit)} more
                </button>
              </li>
            )}
          </ul>
          <span class="json-sign">{close}</span>
        </>
      )}
    </>
  );
}

/** A string, cut if it is long. `unicode-bidi: isolate` keeps its direction from changing the line. */
export function JsonText({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(false);
  const isCut = !isWhole && text.length > MAX_CHARACTERS;
  return (
    <>
      <span class="json-string" dir="auto">
        {isCut ? text.slice(0, MAX_CHARACTERS) : text}
      </span>
      {isCut && (
        <button
          type="button"
          class="link json-more"
          onClick={() => {
            setWhole(true);
          }}
        >
          … show all {count(text.length)} characters
        </button>
      )}
    </>
  );
}
