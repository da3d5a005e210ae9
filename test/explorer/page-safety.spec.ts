import { describeInBrowser, ExplorerPage, namesIn, soon } from './explorer-page';

const SCRIPT = '<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>';

/** Most bytes that a browser loads for the page, compressed. */
const MAX_BYTES = 80_000;

describeInBrowser("The explorer's page, with what others send", () => {
  const explorer = new ExplorerPage();

  beforeAll(() => explorer.start(), 120_000);
  afterAll(() => explorer.stop());
  afterEach(() => {
    expect(explorer.troubles.splice(0)).toEqual([]);
  });

  it('has hashed assets below 80 kB, and no script or style in its HTML', () => {
    const { files, html } = explorer.manifest();
    const total = files.reduce((sum, { gzipBytes }) => sum + gzipBytes, html.length);
    expect(total).toBeLessThan(MAX_BYTES);
    for (const { name } of files) expect(name).toMatch(/^[a-z]+-[A-Za-z0-9]{8}\.(js|css|svg)$/);
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=/i);
    expect(html).not.toMatch(/(?:src|href)="(?:\/|https?:)/);
  });

  it('shows script in every name, key and value as text, in every view', async () => {
    const page = await explorer.open('#/live?filter=name:edx.bookmark.*');
    const [id] = (
      await explorer.tell({
        emit: { name: `edx.bookmark.${SCRIPT}`, user: SCRIPT, data: { [SCRIPT]: [SCRIPT, { [SCRIPT]: SCRIPT }] } },
      })
    ).ids;
    await page.locator(`[id="row-${id!}"]`).click();
    await page.getByRole('heading', { name: 'Where it went' }).waitFor();
    expect(await page.locator('.pane h2').textContent()).toBe(`edx.bookmark.${SCRIPT}`);
    expect(await page.locator('.pane .json').textContent()).toContain(SCRIPT);
    expect((await namesIn(page))[0]).toBe(`edx.bookmark.${SCRIPT}`);
    for (const view of ['tree', 'violations', 'dead-letters', 'catalog', 'queues']) {
      await page.goto(`${explorer.url}#/${view}`);
      await page.locator('.view-head').waitFor();
    }
    await page.goto(`${explorer.url}#/catalog/${encodeURIComponent(`edx.bookmark.${SCRIPT}`)}`);
    await page.locator('.catalog-page').waitFor();
    await page.getByRole('link', { name: 'Show its events' }).click();
    await page.locator('.event-row').first().waitFor();
    expect([...new Set(await namesIn(page))]).toEqual([`edx.bookmark.${SCRIPT}`]);
    await page.goto(`${explorer.url}#/live?filter=${encodeURIComponent(SCRIPT)}`);
    await page.locator('.filter-input').waitFor();
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(await page.locator('main img, main script').count()).toBe(0);
    await page.context().close();
  });

  it('cuts long values until they are asked for, and isolates the direction of text', async () => {
    const body = 'x'.repeat(10_000);
    const [id] = (await explorer.tell({ emit: { name: 'long.value', data: { body, title: 'مرحبا بالعالم' } } })).ids;
    const page = await explorer.open(`#/event/${id!}`);
    const json = page.locator('.json');
    await json.waitFor();
    expect((await json.textContent())!.length).toBeLessThan(2_000);
    await json.getByRole('button', { name: 'show all 10,000 characters' }).click();
    await soon(async () => (await json.textContent())!.includes(body));
    expect(await json.getByText('مرحبا').getAttribute('dir')).toBe('auto');
    expect(
      await page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth'),
    ).toBe(true);
    await page.context().close();
  });

  it('says that an event is gone, and that a guard denied a view', async () => {
    const page = await explorer.open('#/event/no-such-id');
    await page.getByText('The event is not kept any more.').waitFor();
    await explorer.tell({ fail: { queues: 403 } });
    await page.goto(`${explorer.url}#/queues`);
    const problem = page.getByRole('alert');
    await problem.getByText('Ask an administrator for access.').waitFor();
    await explorer.tell({ fail: {} });
    await problem.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.queue').first().waitFor();
    explorer.troubles.length = 0; // the browser reports the statuses
    await page.context().close();
  });

  it('asks for a token after a 401, refuses a wrong one, and keeps the right one in the tab', async () => {
    await explorer.tell({ token: 'right' });
    const page = await explorer.open();
    const field = page.getByLabel('Bearer token');
    await field.fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('The token was refused.').waitFor();
    await field.fill('right');
    await page.keyboard.press('Enter');
    await page.locator('.event-row').first().waitFor();
    await page.reload();
    await page.locator('.event-row').first().waitFor();
    expect(page.url()).not.toContain('right');
    await page.locator('.event-row').first().click();
    await page.getByRole('button', { name: 'Copy event as curl command' }).click();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied).toMatch(/^curl -sS -H "Authorization: Bearer \$TOKEN" 'http.*\/base\/tracking\/api\/events\//);
    expect(copied).not.toContain('right');
    await explorer.tell({ token: '' });
    explorer.troubles.length = 0;
    await page.context().close();
  });

  it('shows a token form while the stream is refused later', async () => {
    const page = await explorer.open();
    await page.locator('.event-row').first().waitFor();
    await explorer.tell({ token: 'new', dropStreams: true });
    await page.getByLabel('Bearer token').waitFor();
    await explorer.tell({ token: '' });
    await page.getByRole('button', { name: /try again/ }).click();
    await page.locator('.event-row').first().waitFor();
    explorer.troubles.length = 0;
    await page.context().close();
  });
});
