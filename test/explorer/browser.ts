import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { axe, launchChromium } from '../support/chromium';

/** A browser on a busy machine may need seconds for what takes it milliseconds elsewhere. */
const DEADLINE_MS = 30_000;
/** Each look at the page costs the browser as much as a change of the page. */
const LOOK_EVERY_MS = 40;

/** Waits until it is so; like `until`, for what is asked of a browser. */
export async function soon(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not so after ${String(DEADLINE_MS)} ms`);
    await wait(LOOK_EVERY_MS);
  }
}

/** Chromium, and what is wrong with the pages that are open in it. */
export class ExplorerBrowser {
  /** Errors, warnings and dialogs of the open page: a test that expects some empties the list. */
  readonly troubles: string[] = [];
  #browser: Browser | undefined;
  readonly #contexts: BrowserContext[] = [];

  async launch(): Promise<void> {
    this.#browser = await launchChromium();
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }

  /** Closes all pages: call it before their server ends, whose end they would report. */
  async closePages(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  /** @param url address of the page, with the slash at its end. Requests elsewhere are troubles */
  async openUrl(url: string, hash = '', options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser!.newContext({
      viewport: { width: 1440, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    this.#contexts.push(context);
    await context.addInitScript(axe);
    const page = await context.newPage();
    page.setDefaultTimeout(DEADLINE_MS);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.troubles.push(message.text());
    });
    page.on('pageerror', (error) => this.troubles.push(error.message));
    page.on('dialog', (dialog) => this.troubles.push(dialog.message()));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) this.troubles.push(`request to ${request.url()}`);
    });
    await page.goto(`${url}${hash}`);
    return page;
  }
}

/** Rules of axe that the page violates, with the elements. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  const { violations } = await page.evaluate<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  }>('axe.run(document, { resultTypes: ["violations"] })');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  );
}

/** Names of the rows in sight, from top to bottom. */
export const namesIn = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll('.event-row')]
      .sort((a, b) => a.getAttribute('aria-posinset') - b.getAttribute('aria-posinset'))
      .map((row) => row.querySelector('.cell-name bdi').textContent)`,
  );
