import { requirePeer } from '../../src/common/require-peer';

const use = { entry: 'nestjs-event-tracking/mongoose', peers: ['mongoose', '@nestjs/mongoose'] };
const notFound = (name: string, code = 'MODULE_NOT_FOUND'): Error =>
  Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- /app/main.js`), { code });
const failWith = (error: Error) => (): never => {
  throw error;
};

describe('requirePeer', () => {
  it('gives the peer that is there', () => {
    expect(requirePeer('mongoose', use, () => 7)).toBe(7);
  });

  it.each(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])(
    'says what to install when the peer is not there (%s)',
    (code) => {
      const cause = notFound('mongoose', code);
      expect(() => requirePeer('mongoose', use, failWith(cause))).toThrow(
        expect.objectContaining({
          name: 'MissingPeerException',
          message:
            'nestjs-event-tracking/mongoose needs the package "mongoose", which is not installed.\n' +
            '  Fix: npm install mongoose @nestjs/mongoose, or do not import nestjs-event-tracking/mongoose: no other entry needs it.',
          peer: 'mongoose',
          entry: use.entry,
          cause,
        }),
      );
    },
  );

  it.each<[string, Error]>([
    ['a package of the peer is not there', notFound('bson')],
    ['a file of the peer is not there', notFound('mongoose/lib/index.js')],
    ['the peer throws', new TypeError("Cannot find module 'mongoose'")],
  ])('lets the failure go on as it is when %s', (_what, error) => {
    expect(() => requirePeer('mongoose', use, failWith(error))).toThrow(error);
  });
});
