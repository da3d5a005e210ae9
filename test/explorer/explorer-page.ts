import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { ExplorerBrowser } from './browser';
import { BuiltPage, type Manifest } from './build-page';

export { describeInBrowser } from '../support/chromium';
export { namesIn, soon, violationsOf } from './browser';

const root = join(__dirname, '../..');

/** Builds the page from its sources, serves it with the mock server and opens it in Chromium. */
export class ExplorerPage extends ExplorerBrowser {
  readonly #built = new BuiltPage();
  url = '';
  #server: ChildProcess | undefined;

  /** @param args options of mock-server.mjs. Without a rate, events are emitted only by `tell` */
  async start(...args: readonly string[]): Promise<void> {
    await this.#built.build();
    const options = ['--port', '0', '--rate', '0', '--assets', this.#built.folder, ...args];
    this.#server = spawn(process.execPath, ['test/explorer/mock-server.mjs', ...options], {
      ...{ cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    });
    const [line] = (await once(this.#server.stdout!, 'data')) as [Buffer];
    this.url = line.toString().trim();
    await this.launch();
  }

  async stop(): Promise<void> {
    await this.close();
    this.#server?.kill();
    this.#built.remove();
  }

  open(hash = '', options: BrowserContextOptions = {}): Promise<Page> {
    return this.openUrl(this.url, hash, options);
  }

  /** Changes the mock server; see its head. */
  async tell(command: object): Promise<{ readonly ids: readonly string[]; readonly streams: number }> {
    const response = await fetch(new URL('/__mock', this.url), { method: 'POST', body: JSON.stringify(command) });
    return (await response.json()) as { ids: string[]; streams: number };
  }

  manifest(): Manifest {
    return this.#built.manifest();
  }
}
