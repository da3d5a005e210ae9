import { EmittedData } from '../../src/event/emitted-data';
import { Normalizer } from '../../src/event/normalizer';
import { DEFAULT_LIMITS } from '../../src/event/value-limits';

const normalizer = new Normalizer(DEFAULT_LIMITS);

/** Data that is in normal form already, so that it can be read and written without a copy. */
const plain = (): Record<string, unknown> => ({ a: 1, list: [true, null] });
/** Data that has to be copied to normal form. */
const live = (): Record<string, unknown> => ({ a: 1, at: new Date(0), left: undefined });

function given(data: unknown, before?: object): EmittedData {
  return new EmittedData(data, 'e', normalizer, before === undefined ? undefined : { data: before });
}

/** The states that the head comment lists, and how each is reached. */
const states: [state: string, reach: (data: unknown) => EmittedData][] = [
  ['given', (data) => given(data)],
  ['checked', (data) => after(given(data), (emitted) => emitted.toRead())],
  ['written', (data) => after(given(data), (emitted) => emitted.text())],
  ['formed', (data) => after(given(data), (emitted) => emitted.value())],
  ['formed by the caller', () => EmittedData.formed(plain(), 'e', normalizer)],
  [
    'formed and written',
    (data) =>
      after(
        after(given(data), (emitted) => emitted.value()),
        (emitted) => emitted.text(),
      ),
  ],
  [
    'written and formed',
    (data) =>
      after(
        after(given(data), (emitted) => emitted.text()),
        (emitted) => emitted.value(),
      ),
  ],
];

function after(emitted: EmittedData, read: (emitted: EmittedData) => unknown): EmittedData {
  read(emitted);
  return emitted;
}

describe.each(states)('EmittedData: %s', (_state, reach) => {
  it('has the same value, text and length', () => {
    const text = JSON.stringify(plain());
    expect(reach(plain()).value()).toEqual(plain());
    expect(reach(plain()).toRead()).toEqual(plain());
    expect(reach(plain()).text()).toBe(text);
    const length = reach(plain()).estimatedLength();
    expect(Math.abs(length - text.length)).toBeLessThan(15);
  });

  it('makes each form once', () => {
    const emitted = reach(plain());
    expect(emitted.value()).toBe(emitted.value());
    expect(emitted.text()).toBe(emitted.text());
  });

  it.each(['hold', 'holdText'] as const)('does not follow the object of the caller after %s', (hold) => {
    const data = plain();
    const emitted = reach(data);
    emitted[hold]();
    data['a'] = 2;
    (data['list'] as unknown[]).push('later');
    expect(emitted.value()).toEqual(plain());
    expect(emitted.text()).toBe(JSON.stringify(plain()));
    expect(emitted.toRead()).toEqual(plain());
  });
});

describe('EmittedData: data whose normal form is null', () => {
  const holds = ['hold', 'holdText', 'text', 'toRead', 'estimatedLength'] as const;

  it.each(holds)('stays null after value and %s', (then) => {
    const emitted = given({ toJSON: () => Infinity }, { before: true });
    expect(emitted.value()).toBeNull();
    emitted[then]();
    expect([emitted.value(), emitted.toRead(), emitted.text()]).toEqual([null, null, 'null']);
  });

  it('is read from the object of the caller once', () => {
    let reads = 0;
    const toJSON = (): number => (reads++, NaN);
    const emitted = given({ toJSON }, { before: true });
    emitted.value();
    emitted.hold();
    emitted.text();
    expect(reads).toBe(1);
  });
});

describe('EmittedData: what each state costs', () => {
  let reads: number;
  const counted = (): object => ({
    get a() {
      reads++;
      return 1;
    },
  });
  beforeEach(() => {
    reads = 0;
  });

  it('is nothing until something is read', () => {
    given(counted());
    expect(reads).toBe(0);
  });

  it('is a text and no copy for plain data held as text, and a copy and no text for other data', () => {
    const emitted = given(plain());
    emitted.holdText();
    expect(emitted.hasNoDates).toBe(true);
    expect(emitted.estimatedLength()).toBe(JSON.stringify(plain()).length);
    const other = given(live());
    const stringify = jest.spyOn(JSON, 'stringify');
    other.holdText();
    expect(stringify).not.toHaveBeenCalled();
    stringify.mockRestore();
    expect([other.hasNoDates, other.value()]).toEqual([false, { a: 1, at: new Date(0) }]);
  });

  it.each(['value', 'text', 'estimatedLength', 'hold'] as const)('is one read of each field for %s', (read) => {
    const emitted = given(counted());
    emitted[read]();
    const first = reads;
    expect(first).toBeGreaterThan(0);
    for (const again of ['value', 'toRead', 'hold', 'text', 'estimatedLength'] as const) emitted[again]();
    expect(reads).toBe(first);
  });

  it('is no copy for readers of plain data, and the copy for readers of other data', () => {
    const data = plain();
    expect(given(data).toRead()).toBe(data);
    const other = live();
    const emitted = given(other);
    expect(emitted.toRead()).not.toBe(other);
    expect(emitted.toRead()).toBe(emitted.value());
  });

  it('is no copy for a text', () => {
    const emitted = given(plain());
    emitted.text();
    emitted.hold();
    expect(emitted.hasNoDates).toBe(true);
    emitted.value();
    expect(emitted.hasNoDates).toBe(false);
  });
});

describe('EmittedData: normal form', () => {
  it('replaces what has no JSON form, in the value and in the text', () => {
    const data = { when: new Date(0), gone: undefined, many: Infinity };
    expect(given(data).value()).toEqual({ when: new Date(0), many: null });
    expect(given(data).text()).toBe('{"when":"1970-01-01T00:00:00.000Z","many":null}');
  });

  it.each([undefined, null, '', 0, []])('is {} for %j, and has its text', (data) => {
    expect(given(data).value()).toEqual({});
    expect(given(data).text()).toBe('{}');
  });

  it('parses the text, when another reader may have changed the object since', () => {
    const data = plain();
    const emitted = given(data);
    emitted.text();
    data['a'] = 2;
    expect(emitted.toRead()).toEqual(plain());
    expect(emitted.value()).toEqual(plain());
  });

  it('keeps falsy data of a processor, and the earlier data where there is none', () => {
    expect(given(0, { a: 1 }).value()).toBe(0);
    expect(given(0, { a: 1 }).text()).toBe('0');
    expect(given(undefined, { a: 1 }).value()).toEqual({ a: 1 });
    expect(given({ toJSON: () => undefined }, { a: 1 }).text()).toBe('{"a":1}');
  });

  it('knows the exact length once the text is made', () => {
    const emitted = given(live());
    emitted.text();
    expect(emitted.estimatedLength()).toBe(emitted.text().length);
  });

  it('shares no object with a processor, which may keep it', () => {
    const data = plain();
    expect(given(data, {}).toRead()).toEqual(data);
    expect(given(data, {}).toRead()).not.toBe(data);
  });

  it('forms data of a processor with the wider limits', () => {
    const narrow = new Normalizer({ ...DEFAULT_LIMITS, maxNodes: 4 });
    const data = { a: [1, 2, 3] };
    const ofProcessor = new EmittedData(data, 'e', narrow, { data: {} });
    expect(ofProcessor.toRead()).toEqual(data);
    expect(new EmittedData(data, 'e', narrow, { data: {} }).text()).toBe('{"a":[1,2,3]}');
    expect(new EmittedData(data, 'e', narrow).value()).not.toEqual(data);
  });

  it('releases the object of the caller on hold', () => {
    const emitted = given(plain(), plain());
    emitted.hold();
    expect(emitted).toMatchObject({ given: undefined, processedFrom: undefined });
  });
});
