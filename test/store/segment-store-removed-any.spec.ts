import fc from 'fast-check';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type SegmentStore } from '../../src/store/segment-store';
import { texts } from './describe-store-contract';
import { scratchFolder } from './scratch-folder';
import { afterKill, names, numbers, open, text } from './removed-parts';

/** Only what is lost already may be refused. */
function flush(store: SegmentStore): void {
  const { removed } = store.damage;
  try {
    store.flush();
  } catch (error) {
    if (store.damage.removed === removed) throw error;
  }
}

type Step =
  | { readonly do: 'append' | 'lease' | 'settle' | 'release' | 'check' | 'flush' | 'prepend'; readonly n: number }
  | { readonly do: 'remove'; readonly what: 'folder' | 'segment' | 'marks' | 'rename'; readonly n: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('append', 'lease', 'settle', 'release', 'check', 'flush', 'prepend'),
      n: fc.nat(6),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      what: fc.constantFrom('folder', 'segment', 'marks', 'rename'),
      n: fc.nat(9),
    }),
  },
);

describe('SegmentStore, whatever is removed whenever,', () => {
  it('counts every record once, keeps the order, and has its remaining records on disk', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const folder = join(scratchFolder(), 'queue');
        const store = open(folder);
        let [put, settled, handedBack, last] = [0, 0, 0, -1];
        let leased: ReturnType<SegmentStore['lease']> = [];
        const balanced = (): void => {
          expect(store.count + settled + handedBack + store.damage.removed + store.damage.records).toBe(put);
        };
        for (const { do: what, n, ...more } of steps) {
          if (what === 'append') for (let at = 0; at < n; at++) store.append(text(put++), at % 2 === 0);
          if (what === 'lease') leased.push(...store.lease(n, 1e9));
          if (what === 'settle') {
            const done = leased.splice(0, n);
            store.settle(done.map(({ ref }) => ref));
            settled += done.length;
          }
          if (what === 'release') {
            handedBack += store.release(leased.map(({ ref }) => ref)).length;
            leased = [];
          }
          if (what === 'prepend' && leased.length === 0 && store.count === 0) {
            const payloads = Array.from({ length: n }, () => text(put++));
            const refs = store.prepend(payloads);
            leased.push(...refs.map((ref, at) => ({ ref, payload: Buffer.from(payloads[at]!) })));
          }
          if (what === 'check') store.check();
          if (what === 'flush') flush(store);
          if ('what' in more && existsSync(folder)) {
            const file = names(folder, more.what === 'marks' ? '.done' : '.seg');
            if (more.what === 'folder') rmSync(folder, { recursive: true });
            else if (more.what === 'rename') renameSync(folder, join(scratchFolder(), 'old'));
            else if (file.length > 0) rmSync(join(folder, file[n % file.length]!));
          }
          balanced();
        }
        store.check();
        flush(store);
        balanced();
        handedBack += store.release(leased.map(({ ref }) => ref)).length;
        const onDisk = new Set(afterKill(folder));
        const left = numbers(texts(store.lease(10_000, 1e9)));
        balanced();
        expect(left.filter((at) => !onDisk.has(at))).toEqual([]);
        for (const at of left) {
          expect(at).toBeGreaterThan(last);
          last = at;
        }
        store.close();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
