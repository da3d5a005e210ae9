import type { EventRow as Row, Outcome } from '../../api';
import { bytes, clockTime, plural } from '../lib/format';
import { Icon } from '../parts/icon';
import { outcomeText, StateMark, stateWord } from '../parts/state-mark';
import { outcomeAt } from './columns';

interface Props {
  readonly row: Row;
  readonly top: number;
  readonly position: number;
  readonly size: number;
  readonly columns: readonly string[];
  /** True if events of several processes are in the list. */
  readonly showsProcess: boolean;
  readonly isSelected: boolean;
  readonly onSelect: (id: string) => void;
}

/** One event. Its text is its label: the marks have words that only a screen reader gets. */
export function EventRow({ row, top, position, size, columns, showsProcess, isSelected, onSelect }: Props) {
  const { id, process, name, time, actor, bytes: length, outcomes, violations } = row;
  return (
    <div
      id={`row-${id}`}
      class="event-row"
      role="option"
      aria-selected={isSelected}
      aria-posinset={position}
      aria-setsize={size}
      style={{ transform: `translateY(${String(top)}px)` }}
      onClick={() => {
        onSelect(id);
      }}
    >
      <span class="cell-time">{clockTime(time)}</span>
      <span class="cell-name" title={name}>
        <bdi>{name}</bdi>
        {showsProcess && (
          <span class="row-process muted" title={process}>
            <span class="hidden-text">in process </span>
            {process}
          </span>
        )}
        {violations > 0 && (
          <span class="row-violations tone-wait" title={plural(violations, 'violation')}>
            <Icon name="violations" />
            <span class="hidden-text">{plural(violations, 'violation')}</span>
          </span>
        )}
      </span>
      <span class="cell-actor" title={actor}>
        <span class="hidden-text">{actor === undefined ? 'no user' : 'user '}</span>
        {actor === undefined ? <span aria-hidden="true">–</span> : <bdi>{actor}</bdi>}
      </span>
      <span class="cell-size">{bytes(length)}</span>
      <span class="cell-marks">
        {columns.map((path) => (
          <Mark key={path} outcome={outcomeAt(path, outcomes)} />
        ))}
      </span>
    </div>
  );
}

/** The usual states are marks alone; a word is added to those that ask for attention. */
const WORDED = new Set(['retrying', 'dropped', 'dead']);

function Mark({ outcome }: { readonly outcome: Outcome | undefined }) {
  if (!outcome) return <span class="cell-mark" />;
  return (
    <span class="cell-mark" title={outcomeText(outcome)}>
      <StateMark state={outcome.state} />
      {WORDED.has(outcome.state) && (
        <span class="cell-word" aria-hidden="true">
          {outcome.state === 'dead' ? 'dead' : stateWord(outcome.state)}
        </span>
      )}
      <span class="hidden-text">{outcomeText(outcome)}</span>
    </span>
  );
}
