import { describeInBrowser, ExplorerPage, namesIn, soon } from './explorer-page';

describeInBrowser('The list of the explorer', () => {
  const explorer = new ExplorerPage();

  beforeAll(() => explorer.start(), 120_000);
  afterAll(() => explorer.stop());
  afterEach(async () => {
    await explorer.tell({ rate: 0, fail: {} });
    expect(explorer.troubles.splice(0)).toEqual([]);
  });

  const openLive = async (hash = '#/live') => {
    const page = await explorer.open(hash);
    await page.locator('.event-row').first().waitFor();
    await page.getByText('Live', { exact: true }).nth(1).waitFor();
    return page;
  };

  it('shows an event as it is emitted, on top, and what becomes of it', async () => {
    const page = await openLive();
    const [id] = (await explorer.tell({ emit: { name: 'edx.grades.now', user: '7' } })).ids;
    const row = page.locator(`[id="row-${id!}"]`);
    await row.waitFor();
    expect((await namesIn(page))[0]).toBe('edx.grades.now');
    expect(await row.textContent()).toMatch(/edx\.grades\.now.*user 7.*caliper\/mongo queued/);
    await explorer.tell({ settle: true });
    await soon(async () => /caliper\/mongo (delivered|dropped)/.test((await row.textContent()) ?? ''));
    await page.context().close();
  });

  it('keeps the filter in the address, shares it by the link and takes it back to the list', async () => {
    const page = await openLive();
    await page.keyboard.press('/');
    await page.keyboard.type('name:problem_check');
    await page.keyboard.press('Enter');
    await soon(async () => [...new Set(await namesIn(page))].join() === 'problem_check');
    expect(page.url()).toContain('filter=name%3Aproblem_check');
    await page.keyboard.press('Escape');
    await page.keyboard.press('3');
    await page.locator('.tree-card').first().waitFor();
    await page.keyboard.press('1');
    await soon(async () => [...new Set(await namesIn(page))].join() === 'problem_check');
    const other = await explorer.open(new URL(page.url()).hash);
    await soon(async () => [...new Set(await namesIn(other))].join() === 'problem_check');
    expect(await other.getByLabel('Filter events').inputValue()).toBe('name:problem_check');
    await explorer.tell({ emit: { name: 'play_video' } });
    await explorer.tell({ emit: { name: 'problem_check', user: 'filtered' } });
    await other.getByRole('option', { name: /user filtered/ }).waitFor();
    expect(await namesIn(other)).not.toContain('play_video');
    await page.context().close();
    await other.context().close();
  });

  it('says what is wrong with a filter and where, and adds terms from its help', async () => {
    const page = await openLive('#/live?filter=name:edx.*+foo:bar');
    const problem = page.getByRole('alert');
    await problem.waitFor();
    expect(await problem.textContent()).toContain('"foo:" is unknown. Known terms: name:');
    expect(await problem.locator('mark').textContent()).toBe('foo:bar');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await problem.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'How to filter' }).click();
    await page.getByRole('button', { name: 'has:violation' }).click();
    await soon(() => page.url().includes('filter=has%3Aviolation'));
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.context().close();
  });

  it('selects by j and k, opens by Enter, and closes by Escape', async () => {
    const page = await openLive();
    const names = await namesIn(page);
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key);
    const title = page.locator('.pane h2');
    await title.waitFor();
    await soon(async () => (await title.textContent()) === names[1]);
    expect(await page.locator('[aria-selected=true] .cell-name bdi').textContent()).toBe(names[1]);
    await page.keyboard.press('Escape');
    await page.locator('.pane').waitFor({ state: 'detached' });
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('.event-page h1').waitFor();
    expect(await page.locator('.event-page h1').textContent()).toBe(names[0]);
    await page.keyboard.press('Escape');
    await page.locator('.event-row').first().waitFor();
    await page.context().close();
  });

  it('holds events back while paused and counts them', async () => {
    const page = await openLive();
    const [id] = (await explorer.tell({ emit: { name: 'before.pause', user: '7' } })).ids;
    const row = page.locator(`[id="row-${id!}"]`);
    await row.waitFor();
    const before = await namesIn(page);
    await page.keyboard.press('p');
    await explorer.tell({ emit: { count: 7, name: 'held.back' } });
    await page.getByText('7 waiting').waitFor();
    await explorer.tell({ settle: true });
    await soon(async () => /segment delivered/.test((await row.textContent()) ?? ''));
    expect(await namesIn(page)).toEqual(before);
    await page.getByRole('button', { name: 'Resume' }).click();
    await soon(async () => (await namesIn(page)).filter((name) => name === 'held.back').length === 7);
    await page.context().close();
  });

  it('keeps the rows in their place when new ones arrive above', async () => {
    const page = await openLive();
    const box = page.locator('#event-list');
    await box.evaluate((element: { scrollTop: number }) => (element.scrollTop = 1_800));
    const row = page.locator('.event-row[aria-posinset="60"]');
    const id = (await row.getAttribute('id'))!;
    const place = async () => (await page.locator(`[id="${id}"]`).boundingBox())?.y;
    const before = await place();
    await explorer.tell({ emit: { count: 30 } });
    await page.getByRole('button', { name: /80 newer/ }).waitFor();
    expect(await place()).toBe(before);
    await page.getByRole('button', { name: /newer/ }).click();
    await soon(async () => (await box.evaluate((element: { scrollTop: number }) => element.scrollTop)) === 0);
    await page.context().close();
  });

  it('stays usable at thousands of events a second, and says how many are shown', async () => {
    const page = await openLive();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    const measure = async () => {
      const { metrics } = await cdp.send('Performance.getMetrics');
      const metric = (name: string) => metrics.find((each) => each.name === name)!.value;
      return { busy: metric('TaskDuration'), wallMs: performance.now() };
    };
    const before = await measure();
    await explorer.tell({ rate: 5_000 });
    await page.getByText('1 of 5 shown').waitFor();
    await page.keyboard.press('j');
    await page.locator('.pane').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.pane').waitFor({ state: 'detached' });
    explorer.troubles.length = 0; // the list of the server may be full again before the event is asked for
    expect(await page.locator('.event-row').count()).toBeLessThan(60);
    const after = await measure();
    // Time of the processor, so that other work on the machine does not count.
    expect((after.busy - before.busy) / ((after.wallMs - before.wallMs) / 1_000)).toBeLessThan(0.6);
    await page.context().close();
  });

  it('connects again after the stream ends, and shows what it missed', async () => {
    const page = await openLive();
    await page.route('**/api/stream*', (route) => route.abort());
    await explorer.tell({ dropStreams: true });
    await page.getByText(/again in|Reconnecting/).waitFor();
    const [id] = (await explorer.tell({ emit: { name: 'emitted.meanwhile' } })).ids;
    await page.unroute('**/api/stream*');
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.locator(`[id="row-${id!}"]`).waitFor();
    await explorer.tell({ emit: { name: 'emitted.after' } });
    await page.getByRole('option', { name: /emitted.after/ }).waitFor();
    expect((await namesIn(page)).filter((name) => name.startsWith('emitted.'))).toEqual([
      'emitted.after',
      'emitted.meanwhile',
    ]);
    explorer.troubles.length = 0; // the browser reports the connections that failed
    await page.context().close();
  });

  it('closes its stream with the page', async () => {
    const page = await openLive();
    await soon(async () => (await explorer.tell({})).streams === 1);
    await page.context().close();
    await soon(async () => (await explorer.tell({})).streams === 0);
  });
});
