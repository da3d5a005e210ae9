import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { axe, launchChromium } from '../../support/chromium';
import { DocsFolder } from './print-docs';

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** Pages of some catalogs in Chromium, which may load nothing and report nothing. */
export class DocsBrowser {
  readonly folder = new DocsFolder();
  private browser: Browser | undefined;
  private current: Page | undefined;
  private troubles: string[] = [];

  /** @param catalogs file of each catalog, by the folder for its pages */
  async start(catalogs: Readonly<Record<string, string>>): Promise<void> {
    for (const [out, catalog] of Object.entries(catalogs)) {
      const printed = await this.folder.docs('--catalog', catalog, '--format', 'html', '--out', out);
      expect(printed).toMatchObject({ code: 0 });
    }
    this.browser = await launchChromium();
  }

  get page(): Page {
    if (this.current === undefined) throw new Error('call newPage first');
    return this.current;
  }

  async newPage(options: BrowserContextOptions = {}): Promise<Page> {
    this.troubles = [];
    const page = await this.browser!.newPage({ viewport: { width: 1200, height: 900 }, ...options });
    page.on('console', (message) => this.troubles.push(message.text()));
    page.on('pageerror', (error) => this.troubles.push(error.message));
    page.on('dialog', (dialog) => this.troubles.push(dialog.message()));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) this.troubles.push(request.url());
    });
    this.current = page;
    return page;
  }

  /** @param file path in the folder, with its hash */
  async open(file: string): Promise<void> {
    const [path = '', hash] = file.split('#');
    const url = pathToFileURL(join(this.folder.path, path)).href;
    await this.page.goto(hash === undefined ? url : `${url}#${hash}`);
  }

  /** Returns what axe finds on the page: the rule and the elements. */
  async violations(): Promise<readonly (readonly [rule: string, elements: readonly string[]])[]> {
    await this.page.evaluate(axe);
    // Preloading asks for the style sheet again, which a page from the disk may not.
    const run = 'axe.run({ preload: false }).then(({ violations }) => violations)';
    const found = await this.page.evaluate<readonly Violation[]>(run);
    return found.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)] as const);
  }

  /** Closes the page, which must have been without errors. */
  async closePage(): Promise<void> {
    await this.current?.close();
    expect(this.troubles).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    this.folder.remove();
  }
}
