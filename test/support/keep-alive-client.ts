import { Agent, request } from 'node:http';

export interface ClientResponse {
  readonly status: number;
  readonly body: unknown;
}

/** Sends requests over a few sockets that stay open, as a proxy in front of an application does. */
export class KeepAliveClient {
  private readonly agent: Agent;

  /** @param url of the application, without a path */
  constructor(
    private readonly url: string,
    maxSockets: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets });
  }

  /** @param chunks of a JSON body, each sent in a packet of its own, long after the headers */
  send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    chunks: readonly string[] = [],
  ): Promise<ClientResponse> {
    return new Promise((resolve, reject) => {
      const type = chunks.length === 0 ? {} : { 'content-type': 'application/json' };
      const outgoing = request(
        new URL(path, this.url),
        { method, agent: this.agent, headers: { ...type, ...headers } },
        (response) => {
          const received: Buffer[] = [];
          response.on('data', (chunk: Buffer) => received.push(chunk));
          response.once('error', reject);
          response.once('end', () => {
            const text = Buffer.concat(received).toString();
            try {
              resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) });
            } catch {
              reject(new Error(`${method} ${path} answered ${String(response.statusCode)}, and no JSON: ${text}`));
            }
          });
        },
      );
      outgoing.once('error', reject);
      if (chunks.length === 0) outgoing.end();
      else {
        outgoing.flushHeaders();
        const [first = '', ...rest] = chunks;
        outgoing.write(first, () => {
          writeAll(rest, (chunk, then) => outgoing.write(chunk, then)).then(() => outgoing.end(), reject);
        });
      }
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

/** Each chunk after a turn of the event loop, when the one before is with the kernel. */
async function writeAll(chunks: readonly string[], write: (chunk: string, then: () => void) => void): Promise<void> {
  for (const chunk of chunks) {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => {
      write(chunk, resolve);
    });
  }
}
