import { encodingFault } from '../../../src/backends/mongo/encoding';

const faultOf = (fields: object): string | undefined => encodingFault({ _id: 'i', ...fields });

describe('encodingFault', () => {
  it('is undefined for a document that can be encoded', () => {
    expect(faultOf({ a: { $b: 1, 'c.d': undefined }, at: new Date(0) })).toBeUndefined();
  });

  it('names what cannot be encoded, without the key or the value', () => {
    expect(faultOf({ 'secret\0': 1 })).toBe('a key has a zero byte in it');
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(faultOf({ circular })).toBe('a value contains itself');
  });

  it('names the size of a document that is too large', () => {
    expect(faultOf({ text: 'x'.repeat(16_777_216) })).toMatch(/^the document has 16777\d{3} bytes/);
    expect(faultOf({ text: 'x'.repeat(16_777_000) })).toBeUndefined();
  });
});
