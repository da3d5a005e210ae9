import type { ComponentChildren } from 'preact';
import type { TreeNode } from '../../api';
import { bytes, count, duration } from '../lib/format';
import { Icon } from '../parts/icon';
import { Sparkline } from '../parts/sparkline';
import { Ago } from '../parts/time';
import { hrefOf } from '../state/route';
import { sentencesOf } from './health';

interface Props {
  readonly node: TreeNode;
  readonly onClose: () => void;
}

/** Everything about one node: processors, counters, delivery, and the way to its events. */
export function TreeNodePanel({ node, onClose }: Props) {
  const { path, name, kind, processors, rates, delivery } = node;
  const filter = path === '' ? undefined : `destination:${path}`;
  return (
    <aside class="tree-panel" aria-label={`Node ${path === '' ? 'root' : path}`}>
      <div class="event-title">
        <h2>{path === '' ? 'root' : path}</h2>
        <button type="button" class="button icon-button quiet" aria-label="Close the node" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <p class="muted">
        {kind} {path !== '' && name !== path && `“${name}”`}
      </p>
      <div class="row">
        <a class="button" href={hrefOf('live', { filter })}>
          Show its events
        </a>
        {delivery && delivery.deadLetters > 0 && (
          <a class="button" href={hrefOf('dead-letters', { path })}>
            {count(delivery.deadLetters)} dead letters
          </a>
        )}
      </div>
      <Sparkline label="Events received, and ended dashed" values={rates.received} other={rates.ended} />
      {delivery && sentencesOf(delivery).map((sentence) => <p key={sentence}>{sentence}</p>)}
      {delivery?.lastError && (
        <p class="reason" dir="auto">
          {delivery.lastError.text}{' '}
          <span class="muted">
            <Ago at={delivery.lastError.at} />
          </span>
        </p>
      )}
      {processors.length > 0 && (
        <>
          <h3>Processors</h3>
          <ol class="plain">
            {processors.map((processor) => (
              <li key={processor}>
                <code>{processor}</code>
              </li>
            ))}
          </ol>
        </>
      )}
      <Counters node={node} />
    </aside>
  );
}

function Counters({ node: { received, passed, dropped, failures, delivery } }: { readonly node: TreeNode }) {
  return (
    <>
      <h3>Counters</h3>
      <dl class="counts wide">
        <Line name="received">{count(received)}</Line>
        <Reasons of={dropped} prefix="dropped" />
        <Line name="passed">{count(passed)}</Line>
        <Reasons of={failures} prefix="failure" />
        {delivery && (
          <>
            <Line name="accepted">{count(delivery.accepted)}</Line>
            <Line name="delivered">{count(delivery.delivered)}</Line>
            <Line name="pending">{count(delivery.pending)}</Line>
            <Line name="dead letters">{count(delivery.deadLetters)}</Line>
            <Reasons of={delivery.dropped} prefix="dropped" />
            <Line name="attempts">{`${count(delivery.attempts)}, ${count(delivery.failedAttempts)} failed`}</Line>
            {delivery.isOnDisk && <Line name="on disk">{bytes(delivery.diskBytes)}</Line>}
            {delivery.latencyMs && (
              <Line name="latency">
                {`p50 ${duration(delivery.latencyMs.p50)}, p99 ${duration(delivery.latencyMs.p99)}`}
              </Line>
            )}
          </>
        )}
      </dl>
    </>
  );
}

function Reasons({ of, prefix }: { readonly of: Readonly<Record<string, number>>; readonly prefix: string }) {
  return (
    <>
      {Object.entries(of)
        .filter(([, value]) => value > 0)
        .map(([reason, value]) => (
          <Line key={reason} name={`${prefix}: ${reason}`}>
            {count(value)}
          </Line>
        ))}
    </>
  );
}

function Line({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
