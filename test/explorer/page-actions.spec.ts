import { describeInBrowser, ExplorerPage, soon } from './explorer-page';

const numberIn = (text: string | null): number => Number(/[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', ''));

describeInBrowser('Dead letters of the explorer', () => {
  const explorer = new ExplorerPage();

  beforeAll(() => explorer.start(), 120_000);
  afterAll(() => explorer.stop());
  afterEach(() => {
    expect(explorer.troubles.splice(0)).toEqual([]);
  });

  it('redrives one letter after showing what would happen', async () => {
    const page = await explorer.open('#/dead-letters?path=caliper%2Fsegment');
    const group = page.locator('.group');
    const count = group.locator('.group-count');
    await group.locator('.group-fold').click();
    const before = numberIn(await count.textContent());
    await group
      .locator('.letter')
      .first()
      .getByRole('button', { name: /^Redrive/ })
      .click();
    const dialog = page.getByRole('dialog', { name: 'Redrive dead letters' });
    await dialog.getByText('The destination is healthy: they are sent at once.').waitFor();
    expect(await dialog.locator('.plan-count').allTextContents()).toEqual(['1']);
    await dialog.getByRole('button', { name: 'Redrive 1 dead letter' }).click();
    await page.getByText('1 dead letter of caliper/segment redriven.').waitFor();
    await soon(async () => numberIn(await count.textContent()) === before - 1);
    await page.context().close();
  });

  it('shows the progress of a group, in other views and after a reload, too', async () => {
    const page = await explorer.open('#/dead-letters');
    const group = page.locator('.group', { hasText: 'actor.account.name is missing' });
    const letters = numberIn(await group.locator('.group-count').textContent());
    await group.getByRole('button', { name: /^Redrive/ }).click();
    await page.getByText('The circuit breaker is open').waitFor();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Redrive [\d,]+ dead letters$/ })
      .click();
    await page.getByRole('progressbar').waitFor();
    await page.keyboard.press('7');
    await page.getByText(/Redriving dead letters of lrs: [\d,]+ of/).waitFor();
    await page.reload();
    await page.getByText(/Redriving dead letters of lrs: [\d,]+ of/).waitFor();
    await page.getByText(`${letters.toLocaleString('en-US')} dead letters of lrs redriven.`).waitFor();
    await page.keyboard.press('5');
    await page.locator('.group').first().waitFor();
    expect(await group.count()).toBe(0);
    await page.context().close();
  });

  it('purges many only after the word is typed, and nothing after Escape', async () => {
    const page = await explorer.open('#/dead-letters?path=catalog%3Arejected');
    await page.getByRole('button', { name: 'Purge catalog:rejected', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Purge dead letters' });
    const purge = dialog.getByRole('button', { name: /^Purge [\d,]+ dead letters$/ });
    await purge.waitFor();
    expect(await purge.isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.locator('.group').count()).toBe(1);
    await page.getByRole('button', { name: 'Purge catalog:rejected', exact: true }).click();
    await dialog.getByLabel('Type purge to confirm').fill('purge');
    await purge.click();
    await page.getByText('No dead letters').waitFor();
    await page.context().close();
  });

  it('offers no redrive of letters that cannot be read', async () => {
    const page = await explorer.open('#/dead-letters?path=consumer%3Agrades');
    const group = page.locator('.group');
    await group.waitFor();
    expect(await group.getByRole('button', { name: /^Redrive/ }).count()).toBe(0);
    expect(await group.getByRole('button', { name: /^Purge/ }).count()).toBe(1);
    await page.context().close();
  });

  it('copies an event as JSON and as a line of a test', async () => {
    const data = { mode: 'audit', it: "isn't", 'not an id': [1, null, { ok: true }] };
    const [id] = (await explorer.tell({ emit: { name: 'copied.event', data } })).ids;
    const page = await explorer.open(`#/event/${id!}`);
    const copied = () => page.evaluate<string>('navigator.clipboard.readText()');
    await page.getByRole('button', { name: 'Copy event as JSON' }).click();
    await page.getByRole('status').getByText('Copied event as JSON').waitFor({ state: 'attached' });
    expect(JSON.parse(await copied())).toMatchObject({ id, name: 'copied.event', data });
    await page.getByRole('button', { name: 'Copy event as test' }).click();
    await page.getByText('Copied event as test').waitFor({ state: 'attached' });
    expect(await copied()).toBe(
      String.raw`expect(app).toHaveTracked('copied.event', { mode: 'audit', it: 'isn\'t', 'not an id': [1, null, { ok: true }] });`,
    );
    await page.context().close();
  });
});

describeInBrowser('Dead letters of the explorer, without actions', () => {
  const explorer = new ExplorerPage();

  beforeAll(() => explorer.start('--read-only', '--empty'), 120_000);
  afterAll(() => explorer.stop());

  it('says that it may only look, and how to allow more', async () => {
    const page = await explorer.open('#/dead-letters');
    await page.getByText('redrive and purge are off here').waitFor();
    await page.getByText('No dead letters').waitFor();
    expect(await page.getByRole('button', { name: /Redrive|Purge/ }).count()).toBe(0);
    await page.context().close();
  });

  it.each([
    ['#/live', 'No events yet'],
    ['#/live?filter=x', 'No event matches'],
    ['#/event', 'Choose an event'],
    ['#/violations', 'No violations'],
    ['#/catalog', 'Nothing is documented yet'],
    ['#/queues', 'No queues'],
  ])('says what to do where nothing is there: %s', async (hash, title) => {
    const page = await explorer.open(hash);
    await page.getByRole('heading', { name: title }).waitFor();
    expect((await page.locator('.notice-text').textContent())?.length).toBeGreaterThan(20);
    await page.context().close();
    expect(explorer.troubles.splice(0)).toEqual([]);
  });
});
