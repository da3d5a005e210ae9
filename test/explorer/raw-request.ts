import { request, type IncomingMessage } from 'node:http';

/**
 * Sends a request on a connection of its own, and returns once the headers are there. `fetch`
 * opens another connection when one is aborted, for which a server that closes would wait.
 */
export function rawRequest(
  url: string,
  options: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { ...options, agent: false }, resolve)
      .on('error', reject)
      .end();
  });
}
