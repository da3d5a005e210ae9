import { useEffect, useRef } from 'preact/hooks';

const TERMS: readonly (readonly [term: string, finds: string])[] = [
  ['enrollment', 'events with the word in their name or values'],
  ['name:edx.course.*', 'names; * stands for any characters'],
  ['user:7', 'events of a user; also id: and process:'],
  ['data.mode=audit', 'a value of the data; also context.key=value'],
  ['data.title="two words"', 'quotes keep spaces, a backslash keeps any character'],
  ['size>10000', 'numbers, such as bytes; also <, >= and <=, and != for other values'],
  ['has:violation', 'events that violate the catalog; also has:drop, dead, retry, error, user'],
  ['destination:lrs=dead', 'what became of it at a destination or below; state:dead is anywhere'],
  ['-name:play_video', 'a minus in front excludes'],
];

interface Props {
  readonly onUse: (term: string) => void;
  readonly onClose: () => void;
}

/** The filter language by examples; a click adds one to the filter. */
export function FilterHelp({ onUse, onClose }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.querySelector('button')?.focus();
    const leave = (event: Event) => {
      if (event.target instanceof Node && !ref.current?.parentElement?.contains(event.target)) onClose();
    };
    document.addEventListener('pointerdown', leave);
    return () => {
      document.removeEventListener('pointerdown', leave);
    };
  }, []);

  return (
    <div
      ref={ref}
      class="popover"
      role="dialog"
      aria-label="How to filter"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
      }}
    >
      <p class="muted">Terms are joined by spaces; an event has to match all of them.</p>
      <ul class="terms">
        {TERMS.map(([term, finds]) => (
          <li key={term}>
            <button
              type="button"
              class="term"
              onClick={() => {
                onUse(term);
              }}
            >
              {term}
            </button>
            <span>{finds}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
