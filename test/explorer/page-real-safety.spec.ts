import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { CanActivate } from '@nestjs/common';
import { z } from 'zod';
import { backend, defineEvent, MemoryBackend } from '../../src/entries';
import { describeInBrowser } from '../support/chromium';
import { ExplorerBrowser, namesIn, soon } from './browser';
import { BuiltPage } from './build-page';
import { startReal } from './real-application';
import { Refusing, type AdapterName } from './start-explorer';

const SCRIPT = '<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>';

/** Fails with script in each text that a server may send. */
class Hostile {
  sendBatch(): Promise<{ index: number; reason: string; retryable: false }[]> {
    return Promise.resolve([{ index: 0, reason: SCRIPT, retryable: false }]);
  }
}

class Throwing {
  sendBatch(): Promise<void> {
    return Promise.reject(new Error(SCRIPT));
  }
}

class AllowingGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** A processor with script in its name. */
const processors = {
  [SCRIPT]: (event: { readonly data: Record<string, unknown> }): void => {
    event.data[`${SCRIPT} added`] = SCRIPT;
  },
};

const hostile = defineEvent(`named.${SCRIPT}`, {
  ...{ title: SCRIPT, description: SCRIPT, when: SCRIPT, owner: SCRIPT },
  data: z.object({ [SCRIPT]: z.enum([SCRIPT, 'other']).describe(SCRIPT) }),
  examples: [{ [SCRIPT]: SCRIPT }],
});

describeInBrowser.each<AdapterName>(['express', 'fastify'])("The explorer's page, attacked, on %s", (adapter) => {
  const browser = new ExplorerBrowser();
  const built = new BuiltPage();
  const servers: Server[] = [];

  beforeAll(async () => {
    await built.build();
    await browser.launch();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    built.remove();
  });
  afterEach(async () => {
    await browser.closePages();
    for (const server of servers.splice(0)) server.close().closeAllConnections();
    expect(browser.troubles.splice(0)).toEqual([]);
  });

  it('shows script in the names, keys, values, errors and documents of events as text, in every view', async () => {
    const run = await startReal(adapter, built.folder, {
      tracking: {
        ...{ catalog: [hostile], validation: 'report' },
        processors: [processors[SCRIPT]],
        backends: {
          hostile: backend(Hostile, {}, { delivery: { batch: { maxEvents: 1, maxWaitMs: 1 } } }),
          throwing: backend(Throwing, {}, { delivery: { batch: { maxWaitMs: 1 } } }),
          memory: backend(MemoryBackend),
        },
      },
    });
    run.tracker.context({ user_id: SCRIPT, [SCRIPT]: SCRIPT }, () => {
      run.tracker.emit(`named.${SCRIPT}`, { [SCRIPT]: `${SCRIPT} not allowed`, list: [SCRIPT, { [SCRIPT]: SCRIPT }] });
    });
    const page = await browser.openUrl(`${run.url}/`);
    const row = page.locator('.event-row');
    await row.waitFor();
    expect(await namesIn(page)).toEqual([`named.${SCRIPT}`]);
    await soon(async () => /hostile dead letter/.test((await row.textContent()) ?? ''));
    await row.click();
    await page.getByRole('heading', { name: 'Where it went' }).waitFor();
    const pane = (await page.locator('.pane').textContent()) ?? '';
    for (const shown of [`refused: ${SCRIPT}`, `user${SCRIPT}`, JSON.stringify(`${SCRIPT} added`), 'not allowed'])
      expect(pane.replace(/\s/g, '').toLowerCase()).toContain(shown.replace(/\s/g, '').toLowerCase());
    expect(pane).toMatch(/rejected\d+/); // the attempt
    for (const view of ['tree', 'violations', 'dead-letters', 'catalog', 'queues', 'tree?node=throwing']) {
      await page.goto(`${run.url}/#/${view}`);
      await page.locator('.view-head').waitFor();
      if (view !== 'queues') await soon(async () => ((await page.locator('main').textContent()) ?? '').length > 200);
    }
    await page.goto(`${run.url}/#/catalog/${encodeURIComponent(`named.${SCRIPT}`)}`);
    await page.locator('.catalog-page').waitFor();
    expect(await page.locator('.catalog-page').textContent()).toContain(SCRIPT);
    await page.goto(`${run.url}/#/dead-letters`);
    await page.locator('.group-fold').click();
    await page.locator('.letter-fold').click();
    await page.locator('.letter-body').waitFor();
    await page.getByRole('button', { name: 'Redrive all', exact: true }).click();
    await page.getByRole('dialog').locator('.plan li').first().waitFor();
    await page.keyboard.press('Escape');
    await page.goto(`${run.url}/#/live?filter=${encodeURIComponent(SCRIPT)}`);
    await page.getByRole('alert').waitFor();
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(await page.locator('img, main script').count()).toBe(0);
  });

  it('works behind a proxy that adds a base path, with the redirect, the stream and actions', async () => {
    Refusing.isDown = true;
    const run = await startReal(adapter, built.folder, { explorer: { guards: [AllowingGuard] } });
    const proxied = await proxyTo(new URL(run.url).port, servers);
    const page = await browser.openUrl(`${proxied}/v9/tracking`);
    expect(page.url()).toBe(`${proxied}/v9/tracking/`);
    run.tracker.emit('behind.proxy');
    await page.getByRole('option', { name: /behind\.proxy.*lrs dead/ }).waitFor();
    await page.getByRole('link', { name: /^Dead letters/ }).click();
    await page.getByRole('button', { name: 'Purge all', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Purge 1 dead letter' }).click();
    await page.getByText('1 dead letter purged.').waitFor();
  });
});

/** Serves an application below another path, as a reverse proxy does. */
async function proxyTo(port: string, servers: Server[]): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const path = (incoming.url ?? '').replace(/^\/ops\/base/, '');
    const headers = { ...incoming.headers, 'x-forwarded-for': '203.0.113.7' };
    const forwarded = request({ port, path, method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    outgoing.once('close', () => forwarded.destroy());
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/ops/base`;
}
