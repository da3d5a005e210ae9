import { WorkLedger } from '../../src/ledger/work-ledger';
import { EventWork } from '../../src/queues/event-work';
import { envelopeOf, treeParts } from '../routing/tree-parts';
import { FullSink, RecordingChildren, workItem } from './work-parts';

describe('EventWork', () => {
  it('waits for a child that was registered since the batch before', async () => {
    const { scopes, normalizer } = treeParts();
    const work = new EventWork({
      ...{ steps: [], scopes, normalizer, ledger: new WorkLedger() },
      keepLetter: () => undefined,
    });
    const children = new RecordingChildren();
    let sinks: FullSink[] = [];
    children.childSinks = () => sinks;
    work.attach(children);
    const run = (name: string): Promise<void> => work.run([workItem(envelopeOf(name))], () => undefined);
    await run('a');
    const full = new FullSink();
    sinks = [full];
    const running = run('b');
    await work.whenAtRest();
    expect(children.names).toEqual(['a']);
    full.open();
    await running;
    expect(children.names).toEqual(['a', 'b']);
  });
});
