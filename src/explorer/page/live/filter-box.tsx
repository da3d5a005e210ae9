import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { usePage } from '../state/context';
import { goTo, hrefOf } from '../state/route';
import { useStore } from '../state/store';
import { FilterHelp } from './filter-help';
import { FILTER_PROBLEM_ID } from './filter-problem';

/** A filter is sent when typing stops for this long, or at once with Enter. */
const TYPING_MS = 300;

/** The field of the filter. The filter is in the address; the server reads and checks it. */
export function FilterBox({ filter }: { readonly filter: string }) {
  const { feed } = usePage();
  const { filterError } = useStore(feed.state);
  const [text, setText] = useState(filter);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const timer = useRef(0);
  const field = useRef<HTMLInputElement>(null);

  // Links elsewhere on the page set the filter, too.
  useEffect(() => {
    if (document.activeElement !== field.current || timer.current === 0) setText(filter);
  }, [filter]);

  const apply = (value: string) => {
    clearTimeout(timer.current);
    timer.current = 0;
    goTo(hrefOf('live', { filter: value.trim() }), { replace: true });
  };
  const type = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      apply(value);
    }, TYPING_MS);
  };
  const hasError = filterError !== undefined;

  return (
    <form
      class="filter"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        apply(text);
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        data-search
        class="filter-input"
        type="text"
        aria-label="Filter events"
        placeholder="Filter: name:edx.course.* user:7 has:violation"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        value={text}
        aria-invalid={hasError}
        aria-describedby={hasError ? FILTER_PROBLEM_ID : undefined}
        onInput={({ currentTarget: { value } }) => {
          type(value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      {text !== '' && (
        <button
          type="button"
          class="button icon-button quiet"
          aria-label="Clear the filter"
          onClick={() => {
            setText('');
            apply('');
            field.current?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      )}
      <button
        type="button"
        class="button icon-button quiet"
        aria-label="How to filter"
        aria-expanded={isHelpOpen}
        onClick={() => {
          setHelpOpen(!isHelpOpen);
        }}
      >
        <Icon name="help" />
      </button>
      {isHelpOpen && (
        <FilterHelp
          onUse={(term) => {
            const next = `${text} ${term}`.trim();
            setText(next);
            apply(next);
            setHelpOpen(false);
            field.current?.focus();
          }}
          onClose={() => {
            setHelpOpen(false);
            field.current?.focus();
          }}
        />
      )}
    </form>
  );
}
