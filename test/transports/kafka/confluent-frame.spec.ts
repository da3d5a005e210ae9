import fc from 'fast-check';
import { avroText, frame, schemaIdOf, unframed } from '../../../src/transports/kafka/confluent-frame';

describe('frame', () => {
  it('is a zero byte and the id of the schema before the body', () => {
    expect(frame(0x01020304, Buffer.from('body'))).toEqual(Buffer.from([0, 1, 2, 3, 4, ...Buffer.from('body')]));
  });

  it('is read by schemaIdOf and unframed, for every id and body', () => {
    const body = fc.uint8Array({ minLength: 1, maxLength: 50 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.nat(0xffffffff), body, (id, bytes) => {
        const framed = frame(id, bytes);
        expect([schemaIdOf(framed), unframed(framed)]).toEqual([id, bytes]);
      }),
    );
  });

  it.each([[[1, 2, 3, 4, 5, 6]], [[0, 0, 0, 0, 7]], [[]]])('is not found in %j', (bytes) => {
    const bare = Buffer.from(bytes);
    expect([schemaIdOf(bare), unframed(bare)]).toEqual([undefined, bare]);
  });
});

describe('avroText', () => {
  it.each([
    ['', [0]],
    ['a', [2, 97]],
    ['é', [4, 0xc3, 0xa9]],
    ['x'.repeat(63), [126, ...Buffer.from('x'.repeat(63))]],
    ['x'.repeat(64), [0x80, 1, ...Buffer.from('x'.repeat(64))]],
    ['x'.repeat(8192), [0x80, 0x80, 1, ...Buffer.from('x'.repeat(8192))]],
  ])('encodes a string by its length and its bytes', (text, bytes) => {
    expect(avroText(text)).toEqual(Buffer.from(bytes));
  });
});
