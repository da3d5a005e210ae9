import { SegmentStore } from '../../src/store/segment-store';
import { Child } from './child-process';
import { texts } from './describe-store-contract';
import { scratchFolder } from './scratch-folder';

interface Said {
  readonly appended?: number;
  readonly settling?: number[];
}

describe('SegmentStore of a process that was killed', () => {
  it.each(['flush', 'gathered', 'fsync'])(
    'gives back everything the process relied on, in order, and nothing that it settled (%s)',
    async (mode) => {
      const folder = scratchFolder();
      const settled = new Set<number>();
      const maybeSettled = new Set<number>();
      const relied = new Set<number>();
      let [from, appended] = [0, 0];
      // Two lives: the second finds the files of the first.
      for (const lines of [300, 700]) {
        from = appended + 1000;
        const child = new Child('append.child.ts', [folder, mode, String(from)]);
        for (let line = 0; line < lines; line++) read((await child.said<Said>())!);
        child.signal('SIGKILL');
        for (let said = await child.said<Said>(); said !== undefined; said = await child.said<Said>()) read(said);
        await child.exited;
        expect(appended).toBeGreaterThan(from);
      }

      const store = SegmentStore.open(folder, { maxBytes: 1e9, fsync: false });
      const found = texts(store.lease(1e6, 1e9)).map((text) => {
        const [number, rest] = text.split(':');
        expect(rest).toHaveLength((Number(number) * 37) % 500);
        return Number(number);
      });
      expect(store.recovered).toBe(found.length);
      expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
      expect(found.filter((at) => settled.has(at))).toEqual([]);
      const here = new Set(found);
      expect([...relied].filter((at) => !here.has(at) && !settled.has(at) && !maybeSettled.has(at))).toEqual([]);
      store.close();

      function read(said: Said): void {
        if (said.settling !== undefined) {
          for (const at of said.settling) maybeSettled.add(at);
        } else {
          appended = said.appended!;
          // It went on after it said what it was settling: that was done.
          for (const at of maybeSettled) settled.add(at);
          maybeSettled.clear();
          const flushed = mode === 'gathered' ? 10 : 1;
          for (let at = Math.max(from, appended - flushed + 1); at <= appended; at++) relied.add(at);
        }
      }
    },
  );
});
