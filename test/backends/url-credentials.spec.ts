import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { HttpBackend, type TrackingConfigException } from '../../src/entries';
import { hasReadableCredentials } from '../../src/backends/url-credentials';
import { confluentRegistry } from '../../src/entries/kafka';
import { redisStreams, RedisStreamsConsumer } from '../../src/entries/redis-streams';

const SECRET = 'pa55%word';

describe('A URL whose password has a bare "%"', () => {
  const makers: [string, () => unknown][] = [
    ['confluentRegistry', () => confluentRegistry({ url: `http://user:${SECRET}@127.0.0.1:1` })],
    ['redisStreams', () => redisStreams({ url: `redis://:${SECRET}@127.0.0.1:1` })],
    ['HttpBackend', () => new HttpBackend({ url: `http://user:${SECRET}@127.0.0.1:1` })],
    [
      'RedisStreamsConsumer',
      () => new RedisStreamsConsumer({ url: `redis://:${SECRET}@127.0.0.1:1`, topic: 't', group: 'g' }),
    ],
  ];

  it.each(makers)('is refused with its fix, and not shown (%s)', (_name, make) => {
    let text = '';
    try {
      make();
    } catch (error) {
      text = (error as TrackingConfigException).message;
    }
    expect(text).toMatch(/"%" that begins no percent-encoding[\s\S]*%25/);
    expect(text).not.toContain('pa55');
  });

  it('is readable exactly if it can be decoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('%', '2', '5', 'e', '9', 'a', 'z') }), (password) => {
        let isDecodable = true;
        try {
          decodeURIComponent(password);
        } catch {
          isDecodable = false;
        }
        expect(hasReadableCredentials(`http://user:${password}@host`)).toBe(isDecodable);
        expect(hasReadableCredentials(`http://user:${encodeURIComponent(password)}@host`)).toBe(true);
      }),
    );
  });
});

describe('A reply of a schema registry', () => {
  async function answeredWith(listener: RequestListener, ask: (url: string) => Promise<unknown>): Promise<unknown> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      return await ask(`http://127.0.0.1:${String(port)}`).catch((error: unknown) => (error as Error).message);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it.each([true, false])(
    'that is too long is an error that says so, with a fix (length given: %s)',
    async (isGiven) => {
      const body = Buffer.alloc(2_000_000, 'x');
      const message = await answeredWith(
        (_request, response) => {
          if (isGiven) response.setHeader('content-length', body.length);
          response.end(body);
        },
        (url) => confluentRegistry({ url }).schemaOf(1),
      );
      expect(message).toMatch(/^the schema registry answered with more than 1048576 bytes\. Fix: /);
    },
  );

  it('that breaks off is an error with the code of the system', async () => {
    const message = await answeredWith(
      (_request, response) => {
        response.setHeader('content-length', 100);
        response.write('{"schema":', () => response.destroy());
      },
      (url) => confluentRegistry({ url }).schemaOf(1),
    );
    expect(message).toBe('ECONNRESET');
  });
});
