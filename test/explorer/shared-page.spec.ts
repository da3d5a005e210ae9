import { describeInBrowser, ExplorerPage, violationsOf } from './explorer-page';

const OWN: Readonly<Record<string, string>> = {
  tree: 'counters',
  violations: 'violations',
  'dead-letters': 'dead letters',
  catalog: 'counts',
  queues: 'queues and consumers',
};

describeInBrowser('The page of several processes', () => {
  const explorer = new ExplorerPage();

  beforeAll(() => explorer.start(), 120_000);
  afterAll(() => explorer.stop());
  afterEach(() => {
    expect(explorer.troubles.splice(0)).toEqual([]);
  });

  it('labels each row with its process, and says when only its own are shown', async () => {
    const page = await explorer.open();
    const row = page.locator('.event-row').first();
    await row.waitFor();
    expect(await row.locator('.row-process').textContent()).toMatch(/^in process web-\d:\d+$/);
    expect(await page.locator('.side-process').textContent()).toBe('2 processes, shown by web-1:4711');
    await explorer.tell({
      problem: { message: 'Redis cannot be reached (ECONNREFUSED).', fix: 'See that Redis runs.' },
      dropStreams: true,
    });
    const problem = page.locator('.live-list .stale');
    await problem.waitFor();
    expect(await problem.textContent()).toBe(
      'Only the events of this process are shown. Redis cannot be reached (ECONNREFUSED). See that Redis runs.',
    );
    expect(await violationsOf(page)).toEqual([]);
    explorer.troubles.length = 0; // the browser reports the stream that was dropped
    await page.context().close();
  });

  it.each(Object.entries(OWN))('says in the view %s that it shows only the %s of its process', async (view, what) => {
    const page = await explorer.open(`#/${view}`);
    const note = page.locator('.own-process');
    await note.waitFor();
    expect(await note.textContent()).toBe(
      `Only the ${what} of this process, web-1:4711. One other process has its own.`,
    );
    expect(await violationsOf(page)).toEqual([]);
    await page.context().close();
  });

  it('says nothing of the kind in the list, whose events are those of all', async () => {
    const page = await explorer.open();
    await page.locator('.event-row').first().waitFor();
    expect(await page.locator('.own-process').count()).toBe(0);
    await page.context().close();
  });
});
