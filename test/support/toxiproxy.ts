/** Which way the bytes go: `upstream` from the client to the server, `downstream` back. */
export type Direction = 'upstream' | 'downstream';

/**
 * What toxiproxy does to a connection:
 * https://github.com/Shopify/toxiproxy/blob/v2.12.0/README.md#toxics
 */
export type Toxic =
  | { readonly type: 'latency'; readonly latencyMs: number; readonly jitterMs?: number }
  /** Nothing passes any more, and the connection stays open. */
  | { readonly type: 'stall' }
  /** Nothing passes any more, and the connection is closed after that time. */
  | { readonly type: 'timeout'; readonly timeoutMs: number }
  /** The connection is reset (RST) after that time. */
  | { readonly type: 'reset_peer'; readonly timeoutMs: number }
  /** The connection is closed once so many bytes passed. */
  | { readonly type: 'limit_data'; readonly bytes: number }
  /** Bytes pass in pieces of that size, give or take `sizeVariation`, with a pause after each. */
  | {
      readonly type: 'slicer';
      readonly averageBytes: number;
      readonly sizeVariation?: number;
      readonly delayUs?: number;
    };

const attributesOf = (toxic: Toxic): { type: string; attributes: Record<string, number> } => {
  switch (toxic.type) {
    case 'latency':
      return { type: 'latency', attributes: { latency: toxic.latencyMs, jitter: toxic.jitterMs ?? 0 } };
    case 'stall':
      return { type: 'timeout', attributes: { timeout: 0 } };
    case 'timeout':
    case 'reset_peer':
      return { type: toxic.type, attributes: { timeout: toxic.timeoutMs } };
    case 'limit_data':
      return { type: 'limit_data', attributes: { bytes: toxic.bytes } };
    case 'slicer': {
      const { averageBytes, sizeVariation = 0, delayUs = 0 } = toxic;
      return {
        type: 'slicer',
        attributes: { average_size: averageBytes, size_variation: sizeVariation, delay: delayUs },
      };
    }
  }
};

const request = async (url: string, method: string, body?: object): Promise<unknown> => {
  const response = await fetch(url, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
};

let made = 0;

/**
 * A way to a server that can be made slow, deaf or broken: a proxy of toxiproxy on a port of its
 * own.
 */
export class FaultyWay {
  private toxics = 0;

  private constructor(
    private readonly resource: string,
    /** That of the server, host and port replaced by the proxy's. */
    readonly url: string,
  ) {}

  /**
   * @param toxiproxy URL of its API
   * @param upstream URL of the server, with a host and a port
   */
  static async to(toxiproxy: string, upstream: string): Promise<FaultyWay> {
    const [, before, host, after] = /^([a-z+]+:\/\/(?:[^@/]*@)?)([^/?]+:\d+)(.*)$/i.exec(upstream) ?? [];
    if (host === undefined) throw new Error(`${upstream} names no host with a port: there is nothing to stand before`);
    const name = `test-${String(process.pid)}-${String((made += 1))}`;
    const proxy = (await request(`${toxiproxy}/proxies`, 'POST', {
      name,
      listen: '127.0.0.1:0',
      upstream: host,
      enabled: true,
    })) as { listen: string };
    return new FaultyWay(`${toxiproxy}/proxies/${name}`, `${String(before)}${proxy.listen}${String(after)}`);
  }

  /**
   * From now on, for connections that are open too.
   * @returns takes it away again
   */
  async add(toxic: Toxic, stream: Direction = 'downstream'): Promise<() => Promise<void>> {
    const name = `toxic-${String((this.toxics += 1))}`;
    await request(`${this.resource}/toxics`, 'POST', { name, stream, toxicity: 1, ...attributesOf(toxic) });
    return async () => {
      await request(`${this.resource}/toxics/${name}`, 'DELETE');
    };
  }

  /** Connections are cut, and new ones refused, until `enable`. */
  async disable(): Promise<void> {
    await request(this.resource, 'PATCH', { enabled: false });
  }

  async enable(): Promise<void> {
    await request(this.resource, 'PATCH', { enabled: true });
  }

  /** Takes the proxy down; `url` leads nowhere from then on. */
  async delete(): Promise<void> {
    await request(this.resource, 'DELETE');
  }
}
