import { columnLabel, columnsOf, outcomeAt } from '../../src/explorer/page/live/columns';
import type { EventRow, Outcome } from '../../src/explorer/api';

const tree = ['grading/recent', 'partner', 'recent', 'reports', 'reports/log'];

function row(...outcomes: Outcome[]): EventRow {
  return {
    ...{ seq: 1, id: 'a', process: 'p', tracker: 'default', name: 'e', time: '', bytes: 1 },
    outcomes,
    violations: 0,
  };
}

describe('Columns of the event list', () => {
  it('are the destinations, whatever ended at a node above them', () => {
    expect(columnsOf(tree, [row({ path: 'grading', state: 'filtered' }, { path: '', state: 'dropped' })])).toEqual(
      tree,
    );
  });

  it('grow by a backend that was registered later', () => {
    const late = row({ path: 'late', state: 'delivered' });
    expect(columnsOf(tree, [late, late])).toEqual([...tree, 'late']);
  });

  it('show the outcome of the destination itself', () => {
    const outcomes: Outcome[] = [
      { path: 'reports', state: 'dead' },
      { path: 'reports/log', state: 'delivered' },
    ];
    expect(outcomeAt('reports/log', outcomes)?.state).toBe('delivered');
    expect(outcomeAt('reports', outcomes)?.state).toBe('dead');
  });

  it('show why nothing reached a destination, by the nearest node above it', () => {
    const outcomes: Outcome[] = [
      { path: '', state: 'dropped' },
      { path: 'grading', state: 'filtered' },
    ];
    expect(outcomeAt('grading/recent', outcomes)?.state).toBe('filtered');
    expect(outcomeAt('partner', outcomes)?.state).toBe('dropped');
  });

  it('stay empty while a queue above them has the event, and for nodes of a similar name', () => {
    expect(outcomeAt('reports/log', [{ path: 'reports', state: 'queued' }])).toBeUndefined();
    expect(outcomeAt('reports/log', [{ path: 'rep', state: 'dead' }])).toBeUndefined();
  });

  it('have the last part of the path as label, or the path if the label would be ambiguous', () => {
    expect(tree.map((column) => columnLabel(column, tree))).toEqual([
      'grading/recent',
      'partner',
      'recent',
      'reports',
      'log',
    ]);
  });
});
