import { Envelope, OwnContext, type ContextView } from '../../src/event/envelope';
import { Normalizer } from '../../src/event/normalizer';
import { DEFAULT_LIMITS } from '../../src/event/value-limits';

const normalizer = new Normalizer(DEFAULT_LIMITS);

/** A context that tells whether its values were made. */
class LazyContext extends OwnContext implements ContextView {
  isMade = false;

  override text(): string {
    return '{"from":"scope"}';
  }

  override estimatedLength(): number {
    return 1000;
  }
}

function lazyContext(values: Record<string, unknown> = { a: 1 }): LazyContext {
  const context = new LazyContext(values);
  Object.defineProperty(context, 'values', {
    get() {
      context.isMade = true;
      return values;
    },
  });
  return context;
}

function emitted(context: ContextView = new OwnContext({}), data: unknown = { n: 1 }): Envelope {
  return Envelope.of({ id: 'i', name: 'e', time: 0, depth: 0, parentId: undefined, context, data }, normalizer);
}

describe('EventVersion: in parts', () => {
  it('is written and counted without the values of its context', () => {
    const context = lazyContext();
    const envelope = emitted(context);
    expect(envelope.estimatedLength()).toBeGreaterThan(1000);
    expect(envelope.text()).toContain('"context":{"from":"scope"}');
    envelope.hold();
    expect(envelope.context).toBe(context);
    expect(context.isMade).toBe(false);
  });

  it('makes its event once, with the values of its context', () => {
    const context = lazyContext();
    const envelope = emitted(context);
    expect(envelope.event.context).toBe(context.values);
    expect(envelope.event).toBe(envelope.event);
    expect(envelope.sharedStored().timestamp).toBe(envelope.event.timestamp);
  });

  it('uses the text of the scope after its event was read, too', () => {
    const envelope = emitted(lazyContext());
    expect(envelope.event).toBeDefined();
    expect(envelope.text()).toContain('"context":{"from":"scope"}');
  });

  it('shares plain data of the caller with its readers, without a copy', () => {
    const data = { n: 1 };
    expect(emitted(new OwnContext({}), data).dataToRead()).toBe(data);
    expect(emitted(new OwnContext({}), data).data).not.toBe(data);
  });

  it('has an exact length once the text is made', () => {
    const envelope = emitted(lazyContext());
    envelope.text();
    expect(envelope.estimatedLength()).toBe(envelope.text().length);
  });
});

describe('EventVersion: whole', () => {
  it('uses the text of the scope while it has the same context', () => {
    const envelope = emitted(lazyContext());
    const same = envelope.changed({ ...envelope.event, name: 'other' });
    expect(same.text()).toContain('"context":{"from":"scope"}');
    expect(same.context).toBe(envelope.context);
    const other = envelope.changed({ ...envelope.event, context: { b: 2 } });
    expect(other.text()).toContain('"context":{"b":2}');
    expect(other.context!.values).toEqual({ b: 2 });
  });

  it('has no context if a processor replaced it with a value without fields', () => {
    const envelope = emitted();
    const other = envelope.changed({ ...envelope.event, context: [1] as never });
    expect(other.context).toBeUndefined();
    expect(other.estimatedLength()).toBeGreaterThan(100);
  });

  it('has its own data, in every form', () => {
    const envelope = emitted();
    const data = { n: 'é' };
    const other = envelope.changed({ ...envelope.event, data });
    expect(other.data).toBe(data);
    expect(other.dataToRead()).toBe(data);
    expect(other.dataText()).toBe('{"n":"é"}');
    expect(other.bytes()).toBe(Buffer.byteLength(other.text()));
    expect(other.bytes()).toBe(other.text().length + 1);
  });

  it('knows fields that a processor has added', () => {
    const envelope = emitted();
    expect(envelope.hasAddedFields).toBe(false);
    expect(envelope.changed({ ...envelope.event, more: 1 } as never).hasAddedFields).toBe(true);
  });
});

describe('EventVersion.hasNoDates', () => {
  it('is true only for written parts whose context has none either', () => {
    const envelope = emitted();
    expect(envelope.hasNoDates).toBe(false);
    envelope.text();
    expect(envelope.hasNoDates).toBe(true);
    expect(envelope.event).toBeDefined();
    expect(envelope.hasNoDates).toBe(false);
    const dated = emitted(new OwnContext({ at: new Date(0) }));
    dated.text();
    expect(dated.hasNoDates).toBe(false);
  });

  it('is false for data with a Date and for a whole version', () => {
    const dated = emitted(new OwnContext({}), { at: new Date(0) });
    dated.text();
    expect(dated.hasNoDates).toBe(false);
    const whole = emitted().changed(emitted().event);
    whole.text();
    expect(whole.hasNoDates).toBe(false);
  });
});
