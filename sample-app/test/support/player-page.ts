import { runInNewContext } from 'node:vm';

/**
 * Simulates the parts of a browser that the script of the player uses: elements by id, a clock that
 * the test advances, and fetch to the running sample.
 */
export class PlayerPage {
  private readonly elements: Map<string, PageElement>;
  maxConcurrentRequests = 0;
  private readonly pendingRequests = new Set<Promise<unknown>>();
  private now = 0;
  private tick: () => void = () => undefined;

  constructor(
    html: string,
    private readonly address: string,
  ) {
    this.elements = new Map([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => [id!, new PageElement()]));
    this.element('video').textContent = /<script type="application\/json" id="video">(.*?)<\/script>/s.exec(html)![1]!;
    this.element('user').value = /<option>(.*?)<\/option>/.exec(html)![1]!;
    this.element('bar').value = '0';
    runInNewContext(/<script>(.*?)<\/script>/s.exec(html)![1]!, {
      document: { getElementById: (id: string) => this.element(id), createElement: () => new PageElement() },
      performance: { now: () => this.now },
      setInterval: (tick: () => void) => (this.tick = tick),
      fetch: (path: string, init: RequestInit) => this.fetch(path, init),
    });
  }

  element(id: string): PageElement {
    const element = this.elements.get(id);
    if (!element) throw new Error(`The page has no element "${id}".`);
    return element;
  }

  click(id: string): void {
    const button = this.element(id);
    if (button.disabled) throw new Error(`The button "${id}" is disabled.`);
    button.listeners.get('click')!();
  }

  drag(seconds: number): void {
    const bar = this.element('bar');
    bar.value = String(seconds);
    bar.listeners.get('input')!();
    bar.listeners.get('change')!();
  }

  watch(seconds: number): void {
    this.now += seconds * 1000;
    this.tick();
  }

  /** Resolves when the page has no pending requests. */
  async idle(): Promise<void> {
    while (this.pendingRequests.size > 0) {
      await Promise.all(this.pendingRequests);
      await new Promise(setImmediate); // the script handles the response and may send another request
    }
  }

  private fetch(path: string, init: RequestInit): Promise<{ ok: boolean; json: () => unknown }> {
    const response = fetch(new URL(path, this.address), init).then(async (reply) => {
      const body: unknown = await reply.json();
      return { ok: reply.ok, json: () => body };
    });
    this.pendingRequests.add(response);
    this.maxConcurrentRequests = Math.max(this.maxConcurrentRequests, this.pendingRequests.size);
    void response.finally(() => this.pendingRequests.delete(response));
    return response;
  }
}

class PageElement {
  textContent = '';
  value: string | number = '';
  className = '';
  disabled = false;
  readonly children: PageElement[] = [];
  readonly listeners = new Map<string, () => void>();

  append(child: PageElement): void {
    this.children.push(child);
  }

  addEventListener(type: string, listener: () => void): void {
    this.listeners.set(type, listener);
  }
}
