import { OwnContext } from '../../src/event/context-view';

describe('OwnContext', () => {
  it('has its values, their text and an estimate of its length', () => {
    const values = { user: 7, name: 'Zoë' };
    const context = new OwnContext(values);
    expect(context.values).toBe(values);
    expect(context.text()).toBe(JSON.stringify(values));
    expect(Math.abs(context.estimatedLength() - context.text().length)).toBeLessThan(10);
    expect(context.findings).toBeUndefined();
  });

  it('makes the text once', () => {
    const values: Record<string, unknown> = { a: 1 };
    const context = new OwnContext(values);
    const text = context.text();
    values['a'] = 2;
    expect(context.text()).toBe(text);
  });

  it('returns its own values only', () => {
    const context = new OwnContext({ a: 1 });
    expect(context.get('a')).toBe(1);
    expect(context.get('b')).toBeUndefined();
    expect(context.get('toString')).toBeUndefined();
  });

  it('finds a Date at any depth', () => {
    expect(new OwnContext({ a: [{ b: 1 }] }).hasNoDates).toBe(true);
    expect(new OwnContext({ a: [{ b: new Date(0) }] }).hasNoDates).toBe(false);
  });
});
