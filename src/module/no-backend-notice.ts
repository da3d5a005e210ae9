import type { Notices } from '../common/notices';
import type { RouteNode } from '../routing/route-node';
import type { TrackerPlan } from '../intake/tracker-plan';

export interface EmptyTree {
  readonly name: string;
  readonly root: RouteNode;
  readonly notices: Notices;
}

/**
 * Warns at start that a tree has no backend.
 * Skips a tree that only reads a bus: the first event that is emitted there warns under the same
 * key, so that a log never has both lines.
 */
export function noticeNoBackend({ name, root, notices }: EmptyTree, plan: TrackerPlan): void {
  if (root.children.length > 0 || plan.consumers.length > 0) return;
  const tracker = `the tracker ${JSON.stringify(name)}`;
  if (plan.backends.length > 0) {
    const names = plan.backends.map((node) => node.name).join(', ');
    notices.once(
      root.lossKey('switched-off'),
      () =>
        `every backend of ${tracker} is switched off by its factory (${names}), so its events are dropped ('switched-off'). ` +
        'Fix: let a factory return options, or set enabled: false to track nothing.',
    );
    return;
  }
  notices.once(
    root.lossKey('no-backend'),
    () =>
      `${tracker} has no backend, so its events are dropped ('no-backend') until one is registered. ` +
      'Fix: TrackingModule.forRoot({ backends: { tracking_logs: backend(LoggerBackend) } }), or enabled: false to track nothing.',
  );
}
