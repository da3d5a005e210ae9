import { useEffect, useId, useState } from 'preact/hooks';
import type { DeadLetterAction, DeadLetterPlan } from '../../api';
import { ApiFailure, postJson } from '../lib/api-client';
import { count, plural } from '../lib/format';
import { say } from '../parts/announcer';
import { Dialog } from '../parts/dialog';
import { Loading, Problem } from '../parts/notices';
import { usePage } from '../state/context';
import { startJob } from '../state/jobs';

export type Verb = 'redrive' | 'purge';

const TITLES: Readonly<Record<Verb, string>> = { redrive: 'Redrive dead letters', purge: 'Purge dead letters' };
/** From this number on, a purge is confirmed with a word. */
const MANY = 10;

interface Props {
  readonly verb: Verb;
  readonly action: DeadLetterAction;
  readonly onClose: () => void;
}

/** Asks the server what would happen, shows it, and acts only after a confirmation. */
export function ActionDialog({ verb, action, onClose }: Props) {
  const { info, trackerQuery } = usePage();
  const [plan, setPlan] = useState<DeadLetterPlan | undefined>(undefined);
  const [failure, setFailure] = useState<ApiFailure | undefined>(undefined);

  useEffect(() => {
    const dryRun = { ...action, dryRun: true };
    postJson<DeadLetterPlan>(`dead-letters/${verb}`, { tracker: trackerQuery }, info.actionHeader, dryRun).then(
      setPlan,
      (error: unknown) => {
        if (error instanceof ApiFailure) setFailure(error);
      },
    );
  }, []);

  const act = async () => {
    try {
      await startJob(verb, action, info.actionHeader, trackerQuery);
      say(verb === 'redrive' ? 'Redriving started' : 'Purging started');
      onClose();
    } catch (error) {
      if (error instanceof ApiFailure) setFailure(error);
    }
  };

  return (
    <Dialog title={TITLES[verb]} onClose={onClose}>
      {failure && <Problem failure={failure} />}
      {!failure && !plan && <Loading what="what would happen" />}
      {!failure && plan && <Plan verb={verb} plan={plan} act={act} onClose={onClose} />}
    </Dialog>
  );
}

interface PlanProps {
  readonly verb: Verb;
  readonly plan: DeadLetterPlan;
  readonly act: () => Promise<void>;
  readonly onClose: () => void;
}

function Plan({ verb, plan, act, onClose }: PlanProps) {
  const [word, setWord] = useState('');
  const [isSending, setSending] = useState(false);
  const field = useId();
  const needsWord = verb === 'purge' && plan.count >= MANY;
  const isReady = plan.count > 0 && (!needsWord || word.trim().toLowerCase() === verb) && !isSending;
  const letters = plural(plan.count, 'dead letter');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isReady) return;
        setSending(true);
        void act().finally(() => {
          setSending(false);
        });
      }}
    >
      {plan.count === 0 ? (
        <p>There is nothing to {verb}: they may have been handled meanwhile, or cannot be redriven.</p>
      ) : (
        <p>
          {verb === 'redrive' ? (
            <>
              <strong>{letters}</strong> will be put into the queue again, with the same ids.
            </>
          ) : (
            <>
              <strong>{letters}</strong> will be removed. This cannot be undone.
            </>
          )}
        </p>
      )}
      <ul class="plan">
        {plan.destinations.map(({ path, count: number, note }) => (
          <li key={path}>
            <strong>{path}</strong> <span class="plan-count">{count(number)}</span>
            <span class="muted">{note}</span>
          </li>
        ))}
      </ul>
      {needsWord && (
        <p>
          <label for={field}>
            Type <kbd>{verb}</kbd> to confirm
          </label>
          <input
            id={field}
            type="text"
            autocomplete="off"
            spellcheck={false}
            value={word}
            onInput={({ currentTarget }) => {
              setWord(currentTarget.value);
            }}
          />
        </p>
      )}
      <div class="row end">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class={verb === 'purge' ? 'button danger solid' : 'button primary'} disabled={!isReady}>
          {verb === 'redrive' ? 'Redrive' : 'Purge'} {letters}
        </button>
      </div>
    </form>
  );
}
