import fc from 'fast-check';
import { backend, LoggerBackend, MemoryBackend, type TrackingModuleOptions } from 'nestjs-event-tracking';
import { LogFolder } from '../support/log-folder';
import { startTracking, type BuiltTracking } from '../support/start-tracking';

async function started(options: TrackingModuleOptions = {}): Promise<readonly [BuiltTracking, LogFolder]> {
  const folder = new LogFolder();
  const run = await startTracking({
    clock: () => Date.UTC(2024, 1, 3, 4, 5, 0, 789),
    backends: { log: backend(LoggerBackend, { path: folder.file(), sync: true }), sink: backend(MemoryBackend) },
    ...options,
  });
  return [run, folder];
}

describe('The line of an event', () => {
  it('has name, timestamp, id, context and data, in this order, and no space that is not theirs', async () => {
    const [{ tracker, last }, folder] = await started();
    tracker.context({ user_id: 11111 }, () => tracker.emit('play_video', { at: new Date(0), 'a b': [1, null] }));
    expect(folder.text()).toBe(
      `{"name":"play_video","timestamp":"2024-02-03T04:05:00.789Z","id":"${last().id}",` +
        '"context":{"user_id":11111},"data":{"at":"1970-01-01T00:00:00.000Z","a b":[1,null]}}\n',
    );
  });

  it('ends with what processors added, in their order', async () => {
    const [{ tracker }, folder] = await started({ processors: [(event) => ({ ...event, z: 1, a: { b: 2 } })] });
    tracker.emit('e');
    expect(folder.text()).toMatch(/"data":\{\},"z":1,"a":\{"b":2\}\}\n$/);
  });

  it('is one line, and RFC 8259 JSON, whatever characters there are', async () => {
    const [{ tracker }, folder] = await started();
    const odd = '\n\r\u2028\u2029\u0085\u0000\u001f\u007f"\\\ud800\udc00\udc00 \ud800é\u{1f600}';
    tracker.context({ [odd]: odd }, () => tracker.emit(odd, { [odd]: odd }));
    expect(folder.lines()).toHaveLength(1);
    expect(folder.events()).toEqual([
      expect.objectContaining({ name: odd, context: { [odd]: odd }, data: { [odd]: odd } }),
    ]);
    // Well-formed UTF-8: a lone surrogate is escaped, or it would be a replacement character to
    // every reader.
    expect(folder.text()).not.toContain('\ufffd');
  });

  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [Date.UTC(2024, 1, 29, 23, 59, 59, 999), '2024-02-29T23:59:59.999Z'],
    [Date.UTC(9999, 11, 31, 23, 59, 59, 999), '9999-12-31T23:59:59.999Z'],
    [8.64e15, '+275760-09-13T00:00:00.000Z'],
    [-62_198_755_200_000, '-000001-01-01T00:00:00.000Z'],
    [1.75, '1970-01-01T00:00:00.001Z'],
  ])('writes the time %p as %s', async (now, text) => {
    const [{ tracker }, folder] = await started({ clock: () => now });
    tracker.emit('e', { at: new Date(now) });
    expect(folder.events()).toEqual([expect.objectContaining({ timestamp: text, data: { at: text } })]);
  });

  it('has the time of its own event when times alternate', async () => {
    let now = 0;
    const [{ tracker }, folder] = await started({ clock: () => (now = now === 1 ? 2 : 1) });
    for (let at = 0; at < 4; at++) tracker.emit('e');
    expect(folder.events().map(({ timestamp }) => timestamp.slice(-4))).toEqual(['001Z', '002Z', '001Z', '002Z']);
  });

  it('is right for more names than are remembered', async () => {
    const [{ tracker }, folder] = await started();
    const names = Array.from({ length: 2500 }, (_name, at) => `"${String(at)}"`);
    for (const name of [...names, ...names]) tracker.emit(name);
    expect(folder.events().map(({ name }) => name)).toEqual([...names, ...names]);
  });

  it('has the context that JSON.stringify makes of the merged values, whatever they are', async () => {
    const [{ tracker }, folder] = await started();
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('plain', 'a "quote"', 'back\\slash', '\u0000', '\ud800', 'é', null, true, false),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.array(fc.integer()),
      fc.record({ a: fc.string() }),
    );
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', '"', '__proto__', '7', 'toJSON', 'constructor');
    const scope = fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));
    const expected: string[] = [];
    fc.assert(
      fc.property(fc.array(scope, { maxLength: 4 }), fc.integer({ min: 1, max: 3 }), (scopes, times) => {
        const merged = {};
        for (const values of scopes) {
          for (const [name, inner] of Object.entries(values))
            Object.defineProperty(merged, name, { value: inner, enumerable: true, configurable: true, writable: true });
        }
        const emit = (): void => {
          for (let at = 0; at < times; at++) tracker.emit('e');
        };
        const emitInside = scopes.reduceRight<() => void>(
          (inner, values) => () => {
            tracker.context(values, () => {
              tracker.emit('outer'); // the text of a scope may be made before that of those inside it, or with it
              inner();
            });
          },
          emit,
        );
        emitInside();
        for (let at = 0; at < times; at++) expected.push(JSON.stringify(merged));
      }),
    );
    const lines = folder.lines().filter((line) => line.startsWith('{"name":"e"'));
    const contexts = lines.map((line) =>
      line.slice(line.indexOf('"context":') + '"context":'.length, -',"data":{}}'.length),
    );
    expect(contexts.map((text) => JSON.parse(text) as unknown)).toEqual(
      expected.map((text) => JSON.parse(text) as unknown),
    );
    // Numbers as keys come first in an object; all others stand where they were entered.
    const isOrdered = (text: string): boolean => !text.includes('"7":');
    expect(contexts.filter(isOrdered)).toEqual(expected.filter(isOrdered));
  });

  it('has the context of its own moment, though its text is made once per scope', async () => {
    const [{ tracker }, folder] = await started();
    tracker.context({ a: 1 }, () => {
      tracker.emit('e');
      tracker.enterContext('more', { b: 2 });
      tracker.emit('e');
      tracker.exitContext('more');
      tracker.emit('e');
    });
    tracker.emit('e');
    expect(folder.events().map(({ context }) => context)).toEqual([{ a: 1 }, { a: 1, b: 2 }, { a: 1 }, {}]);
  });

  it('has nothing of what an application has put on Object.prototype', async () => {
    const [{ tracker }, folder] = await started();
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, enumerable: true, configurable: true });
    try {
      tracker.emit('e', { a: 1 });
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
    expect(folder.text()).not.toContain('polluted');
  });
});
