import { WrittenWaits } from '../../../src/backends/logger/written-waits';

let waits: WrittenWaits;
let outcomes: string[];
beforeEach(() => {
  waits = new WrittenWaits('/log');
  outcomes = [];
});

function watch(name: string, upTo: number, givesUp: boolean): void {
  waits.until(upTo, givesUp).then(
    () => outcomes.push(name),
    (error: unknown) => outcomes.push(`${name}: ${(error as Error).message}`),
  );
}

async function answer(written: number, unwritten?: 'not now' | 'never'): Promise<string[]> {
  waits.answer(written, unwritten);
  await new Promise(setImmediate);
  return outcomes.splice(0);
}

describe('WrittenWaits', () => {
  beforeEach(() => {
    watch('a', 1, false);
    watch('b', 2, true);
    watch('c', 3, false);
  });

  it('resolves each wait when its lines are written, and only then', async () => {
    expect(await answer(0)).toEqual([]);
    expect(await answer(2)).toEqual(['a', 'b']);
    expect(await answer(2)).toEqual([]);
    expect(await answer(3)).toEqual(['c']);
  });

  it('ends only the waits that give up when the log cannot be written now', async () => {
    expect(await answer(0, 'not now')).toEqual(['b']);
    expect(await answer(3)).toEqual(['a', 'c']);
  });

  it('ends every wait when the log will never be written, and rejects those that do not give up', async () => {
    expect(await answer(1, 'never')).toEqual(['a', 'b', 'c: /log could not be written']);
    expect(await answer(3, 'never')).toEqual([]);
  });
});
