import type { StepTrace } from '../../api';
import { duration } from '../lib/format';
import { Changes } from './changes';
import { Section } from './section';

const WORDS = {
  unchanged: 'unchanged',
  changed: 'changed',
  filtered: 'filtered here',
  dropped: 'dropped here',
  failed: 'failed',
} as const;
const TONES = { unchanged: 'off', changed: 'info', filtered: 'off', dropped: 'bad', failed: 'bad' } as const;

/** Each processor on the way of the event, in order, with what it changed. */
export function StepsSection({ steps }: { readonly steps: readonly StepTrace[] }) {
  const totalUs = steps.reduce((sum, { tookUs }) => sum + tookUs, 0);
  return (
    <Section title="What changed on the way" aside={<span class="muted">{duration(totalUs / 1_000)} in all</span>}>
      {steps.length === 0 ? (
        <p class="muted">No processor is on its way: every destination received it as it was emitted.</p>
      ) : (
        <ol class="steps">
          {steps.map((step, at) => (
            <Step key={at} step={step} />
          ))}
        </ol>
      )}
    </Section>
  );
}

function Step({ step: { path, processor, result, reason, tookUs, changes } }: { readonly step: StepTrace }) {
  return (
    <li class="step" data-result={result}>
      <div class="step-head">
        <span class="step-what">
          <strong>{path === '' ? 'root' : path}</strong>
          <code>{processor ?? 'backend'}</code>
          <span class={`tone-${TONES[result]}`}>{WORDS[result]}</span>
        </span>
        <span class="muted step-time">{duration(tookUs / 1_000)}</span>
      </div>
      {reason !== undefined && reason !== result && (
        <p class="reason" dir="auto">
          {reason}
        </p>
      )}
      {changes && changes.length > 0 && <Changes changes={changes} />}
    </li>
  );
}
