import type { JSX } from 'preact';
import type { Outcome, OutcomeState } from '../../api';

interface Look {
  readonly word: string;
  /** Colour class; the shape tells the states apart without it. */
  readonly tone: 'ok' | 'wait' | 'bad' | 'off';
  readonly shape: JSX.Element;
}

/** One shape for each state: ring, arrow, disc, square, dash, cross, crossed disc. */
const LOOKS: Readonly<Record<OutcomeState, Look>> = {
  queued: { word: 'queued', tone: 'wait', shape: <circle cx="8" cy="8" r="4.5" class="mark-line" /> },
  retrying: {
    word: 'retrying',
    tone: 'wait',
    shape: <path d="M12.5 8A4.5 4.5 0 1 1 11 4.7M11.5 1.8v3.2H8.3" class="mark-line" />,
  },
  delivered: {
    word: 'delivered',
    tone: 'ok',
    shape: (
      <>
        <circle cx="8" cy="8" r="6" class="mark-fill" />
        <path d="M5.2 8.3 7.2 10.2 10.9 6" class="mark-cut" />
      </>
    ),
  },
  stored: {
    word: 'stored',
    tone: 'ok',
    shape: <rect x="3" y="3" width="10" height="10" rx="2" class="mark-line" />,
  },
  filtered: { word: 'filtered', tone: 'off', shape: <path d="M4.5 8h7" class="mark-line" /> },
  dropped: { word: 'dropped', tone: 'bad', shape: <path d="M4.5 4.5l7 7m0-7-7 7" class="mark-line" /> },
  dead: {
    word: 'dead letter',
    tone: 'bad',
    shape: (
      <>
        <rect x="2" y="2" width="12" height="12" rx="3" class="mark-fill" />
        <path d="M5.5 5.5l5 5m0-5-5 5" class="mark-cut" />
      </>
    ),
  },
};

export const STATES = Object.keys(LOOKS) as OutcomeState[];
export const stateWord = (state: OutcomeState): string => LOOKS[state].word;

export const outcomeText = ({ path, state, reason }: Outcome): string =>
  `${path} ${stateWord(state)}${reason === undefined ? '' : `: ${reason}`}`;

/** Shape of a state; the words are next to it or in the label of what contains it. */
export function StateMark({ state }: { readonly state: OutcomeState }) {
  const { tone, shape } = LOOKS[state];
  return (
    <svg class={`mark tone-${tone}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {shape}
    </svg>
  );
}

/** Shape and word of a state. */
export function StateLabel({ state }: { readonly state: OutcomeState }) {
  return (
    <span class={`state tone-${LOOKS[state].tone}`}>
      <StateMark state={state} />
      {stateWord(state)}
    </span>
  );
}
