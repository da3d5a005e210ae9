import fc from 'fast-check';
import type { RecordRef, RecordStore } from '../../src/store/record-store';

/** The simplest store there is: a list, and nothing cleverer. */
export interface Model {
  /** Not settled, in order of append; a text is unique. */
  records: { readonly text: string; isLeased: boolean }[];
  appended: number;
}

export interface Real {
  store: RecordStore;
  /** Names given by the store that is open now. */
  refs: Map<string, RecordRef>;
  readonly reopen: ((store: RecordStore) => RecordStore) | undefined;
  /**
   * Compares what the store says of itself with what is there; nothing is gathered if `isFlushed`.
   */
  readonly check: (store: RecordStore, isFlushed: boolean) => void;
}

type Command = fc.Command<Model, Real>;

/** What holds after every step, whatever it was. */
function agrees(model: Model, real: Real, isFlushed = false): void {
  expect(real.store.count).toBe(model.records.length);
  expect(real.store.damage.records).toBe(0);
  real.check(real.store, isFlushed);
}

class Append implements Command {
  constructor(
    private readonly size: number,
    private readonly flush: boolean,
    private readonly asBuffer: boolean,
  ) {}

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const text = `${String(model.appended++)}:${'é'.repeat(this.size)}`;
    const ref = real.store.append(this.asBuffer ? Buffer.from(text) : text, this.flush);
    if (ref !== undefined) {
      model.records.push({ text, isLeased: false });
      real.refs.set(text, ref);
    }
    agrees(model, real);
  }

  toString(): string {
    return `append(${String(this.size)}, ${String(this.flush)})`;
  }
}

class Prepend implements Command {
  constructor(private readonly sizes: readonly number[]) {}

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const texts = this.sizes.map((size) => `${String(model.appended++)}:${'é'.repeat(size)}`);
    const refs = real.store.prepend(texts);
    const taken = texts.slice(0, refs.length);
    for (const [at, text] of taken.entries()) real.refs.set(text, refs[at]!);
    model.records.unshift(...taken.map((text) => ({ text, isLeased: true })));
    agrees(model, real);
  }

  toString(): string {
    return `prepend(${this.sizes.join()})`;
  }
}

class Check implements Command {
  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    expect(real.store.check()).toBe(false);
    real.store.probe(100);
    agrees(model, real);
  }

  toString(): string {
    return 'check()';
  }
}

class Lease implements Command {
  constructor(
    private readonly maxRecords: number,
    private readonly maxBytes: number,
  ) {}

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const expected: Model['records'] = [];
    let bytes = 0;
    for (const record of model.records.filter(({ isLeased }) => !isLeased)) {
      bytes += Buffer.byteLength(record.text);
      if (expected.length === this.maxRecords || (bytes > this.maxBytes && expected.length > 0)) break;
      expected.push(record);
    }
    const leased = real.store.lease(this.maxRecords, this.maxBytes);
    expect(leased.map(({ payload }) => payload.toString())).toEqual(expected.map(({ text }) => text));
    for (const record of expected) record.isLeased = true;
    for (const { ref, payload } of leased) real.refs.set(payload.toString(), ref);
    agrees(model, real);
  }

  toString(): string {
    return `lease(${String(this.maxRecords)}, ${String(this.maxBytes)})`;
  }
}

/** Takes some of those for which the store gave a name, in the order of the picks. */
function pick(model: Model, real: Real, picks: readonly number[], isLeased?: boolean): [string[], RecordRef[]] {
  const known = model.records.filter(
    (record) => real.refs.has(record.text) && (isLeased === undefined || record.isLeased === isLeased),
  );
  const texts = [...new Set(picks.map((at) => known[at % known.length]?.text))].filter((text) => text !== undefined);
  return [texts, texts.map((text) => real.refs.get(text)!)];
}

class Settle implements Command {
  constructor(private readonly picks: readonly number[]) {}

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const [texts, refs] = pick(model, real, this.picks);
    real.store.settle(refs);
    real.store.settle(refs); // a second time changes nothing
    model.records = model.records.filter(({ text }) => !texts.includes(text));
    agrees(model, real);
  }

  toString(): string {
    return `settle(${this.picks.join()})`;
  }
}

class Release implements Command {
  constructor(private readonly picks: readonly number[]) {}

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const [texts, refs] = pick(model, real, this.picks, true);
    real.store.release(refs);
    for (const record of model.records) if (texts.includes(record.text)) record.isLeased = false;
    agrees(model, real);
  }

  toString(): string {
    return `release(${this.picks.join()})`;
  }
}

class DropOldest implements Command {
  constructor(private readonly minBytes: number) {}

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const before = real.store.bytes;
    const dropped = real.store.dropOldest(this.minBytes);
    let left = dropped;
    model.records = model.records.filter(({ isLeased }) => isLeased || left-- <= 0);
    if (!model.records.some(({ isLeased }) => isLeased)) {
      expect(real.store.bytes).toBeLessThanOrEqual(Math.max(0, before - this.minBytes));
    } else if (dropped > 0 && model.records.some(({ isLeased }) => !isLeased)) {
      expect(real.store.bytes).toBeLessThanOrEqual(before - this.minBytes);
    }
    agrees(model, real);
  }

  toString(): string {
    return `dropOldest(${String(this.minBytes)})`;
  }
}

class Flush implements Command {
  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    real.store.flush();
    agrees(model, real, true);
  }

  toString(): string {
    return 'flush()';
  }
}

class Reopen implements Command {
  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    if (real.reopen === undefined) return;
    real.store = real.reopen(real.store);
    real.refs = new Map();
    for (const record of model.records) record.isLeased = false;
    expect(real.store.recovered).toBe(model.records.length);
    agrees(model, real, true);
  }

  toString(): string {
    return 'reopen()';
  }
}

const picks = fc.array(fc.nat(60), { maxLength: 12 });

/**
 * Steps in any order. Sizes reach beyond the chunk and the segment that the stores of the tests
 * have.
 */
export const steps = fc.commands(
  [
    fc
      .tuple(
        fc.oneof({ weight: 5, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(3000) }),
        fc.boolean(),
        fc.boolean(),
      )
      .map((args) => new Append(...args)),
    fc.tuple(fc.integer({ min: 1, max: 8 }), fc.nat(400)).map((args) => new Lease(...args)),
    picks.map((some) => new Settle(some)),
    picks.map((some) => new Release(some)),
    fc.nat(3000).map((bytes) => new DropOldest(bytes)),
    fc.array(fc.nat(2000), { maxLength: 6 }).map((sizes) => new Prepend(sizes)),
    fc.constant(new Flush()),
    fc.constant(new Check()),
    fc.constant(new Reopen()),
  ],
  { size: 'max', maxCommands: 120 },
);
