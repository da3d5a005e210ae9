import { runInNewContext } from 'node:vm';

/**
 * As much of a browser as the player's script uses: the elements whose ids are in the page, a clock that the test turns, and
 * fetch against the running sample.
 */
export class PlayerPage {
  private readonly elements: Map<string, PageElement>;
  mostRequestsAtOnce = 0;
  private readonly underWay = new Set<Promise<unknown>>();
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
    if (!element) throw new Error(`the page has no element "${id}"`);
    return element;
  }

  click(id: string): void {
    const button = this.element(id);
    if (button.disabled) throw new Error(`the button "${id}" is disabled`);
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

  /** Resolves once the page has posted all it had to, and no request is under way. */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) {
      await Promise.all(this.underWay);
      await new Promise(setImmediate); // the script goes on with the answer, and may post again
    }
  }

  private fetch(path: string, init: RequestInit): Promise<{ ok: boolean; json: () => unknown }> {
    const answer = fetch(new URL(path, this.address), init).then(async (response) => {
      const body: unknown = await response.json();
      return { ok: response.ok, json: () => body };
    });
    this.underWay.add(answer);
    this.mostRequestsAtOnce = Math.max(this.mostRequestsAtOnce, this.underWay.size);
    void answer.finally(() => this.underWay.delete(answer));
    return answer;
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
