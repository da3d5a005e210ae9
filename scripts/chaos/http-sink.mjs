// @ts-check
// The tracking API of Segment, as far as a sender can tell: it takes batches and keeps their
// events.
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

export async function startSink() {
  /** @type {any[]} */
  const events = [];
  const sink = {
    events,
    /**
     * What it answers: a status, or a promise of one. Only events that are answered with 200 have
     * arrived.
     * @type {(batch: any[]) => number | Promise<number>}
     */
    answer: () => 200,
  };
  const server = createServer(async (request, response) => {
    const chunks = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // the sender was killed
    }
    const body = Buffer.concat(chunks);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const { batch } = JSON.parse(text.toString());
    const status = await sink.answer(batch);
    if (status === 200) events.push(...batch);
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"success":true}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  return Object.assign(sink, {
    url: `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`,
    arrived: async () => new Set(events.map(({ properties }) => properties.data.key)),
    sentAgain: () => events.length - new Set(events.map(({ messageId }) => messageId)).size,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  });
}
