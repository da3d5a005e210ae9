import type { AttemptTrace, EventDetail, Outcome, StepTrace } from '../../api';
import { clockTime, duration, plural } from '../lib/format';
import { StateLabel, stateWord } from '../parts/state-mark';
import { hrefOf } from '../state/route';
import { Section } from './section';

/** What became of the event at each end of the tree, and the attempts that led there. */
export function DestinationsSection({ detail: { outcomes, attempts, steps } }: { readonly detail: EventDetail }) {
  return (
    <Section title="Where it went">
      {outcomes.length === 0 ? (
        <p class="muted">No backend has received it yet.</p>
      ) : (
        <ul class="destinations">
          {outcomes.map((outcome) => (
            <Destination
              key={outcome.path}
              outcome={outcome}
              attempts={attempts.filter(({ path }) => path === outcome.path)}
              ending={steps.find(({ path, result }) => path === outcome.path && ENDINGS.has(result))}
            />
          ))}
        </ul>
      )}
    </Section>
  );
}

interface Props {
  readonly outcome: Outcome;
  readonly attempts: readonly AttemptTrace[];
  /** The processor that kept the event from the destination. */
  readonly ending: StepTrace | undefined;
}

const ENDINGS = new Set<StepTrace['result']>(['filtered', 'dropped', 'failed']);

function Destination({ outcome: { path, state, reason }, attempts, ending }: Props) {
  return (
    <li class="destination">
      <div class="destination-head">
        <strong>{path}</strong>
        <StateLabel state={state} />
      </div>
      {ending?.processor !== undefined && (
        <p class="muted">
          by <code>{ending.processor}</code>
        </p>
      )}
      {reason !== undefined && reason !== stateWord(state) && (
        <p class="reason" dir="auto">
          {reason}
          {state === 'dead' && (
            <a class="reason-link" href={hrefOf('dead-letters', { path, reason })}>
              Dead letters with this reason
            </a>
          )}
        </p>
      )}
      {attempts.length > 0 && (
        <ol class="attempts" aria-label={`Attempts at ${path}`}>
          {attempts.map((attempt) => (
            <Attempt key={attempt.at} attempt={attempt} isErrorKnown={attempt.error === reason} />
          ))}
        </ol>
      )}
    </li>
  );
}

const TONES = { delivered: 'ok', rejected: 'bad', failed: 'wait', timeout: 'wait' } as const;

interface AttemptProps {
  readonly attempt: AttemptTrace;
  /** True if the error is shown already, as the reason of the outcome. */
  readonly isErrorKnown: boolean;
}

function Attempt({ attempt: { at, tookMs, result, batch, status, error }, isErrorKnown }: AttemptProps) {
  return (
    <li>
      <span class="attempt-time">{clockTime(at)}</span>
      <span class={`tone-${TONES[result]}`}>
        {result}
        {status !== undefined && ` ${String(status)}`}
      </span>
      <span class="muted">
        {duration(tookMs)}, batch of {plural(batch, 'event')}
      </span>
      {error !== undefined && !isErrorKnown && (
        <span class="attempt-error" dir="auto">
          {error}
        </span>
      )}
    </li>
  );
}
