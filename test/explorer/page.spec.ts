import type { Page } from 'playwright-core';
import { describeInBrowser, ExplorerPage, violationsOf } from './explorer-page';

/** Views with what shows that they have loaded. */
const VIEWS = [
  ['Live', '#/live', '.event-row'],
  ['One event', '#/event', '.find'],
  ['Tree', '#/tree', '.tree-card'],
  ['Violations', '#/violations', '.violation'],
  ['Dead letters', '#/dead-letters', '.group'],
  ['Catalog', '#/catalog', '.catalog-list a'],
  ['Queues', '#/queues', '.queue'],
] as const;

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** True if something is wider than the screen. */
const overflows = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');

describeInBrowser("The explorer's page", () => {
  const explorer = new ExplorerPage();

  beforeAll(() => explorer.start(), 120_000);
  afterAll(() => explorer.stop());
  afterEach(() => {
    expect(explorer.troubles.splice(0)).toEqual([]);
  });

  it('shows each view that is clicked, with its title and its part of the address', async () => {
    const page = await explorer.open();
    for (const [name, hash, shown] of VIEWS) {
      await page.getByRole('link', { name, exact: false }).first().click();
      await page.locator(shown).first().waitFor();
      expect(page.url()).toContain(hash);
      expect(await page.title()).toBe(`${name} · Event explorer`);
      expect(await page.locator('.nav [aria-current=page]').textContent()).toContain(name);
    }
    await page.goBack();
    await page.locator('.catalog-list').waitFor();
    await page.context().close();
  });

  it('goes to the views by the keys 1 to 7, and shows the keys by ?', async () => {
    const page = await explorer.open('#/queues');
    await page.locator('.queue').first().waitFor();
    for (const [at, [, hash, shown]] of VIEWS.entries()) {
      await page.keyboard.press(String(at + 1));
      await page.locator(shown).first().waitFor();
      expect(page.url()).toContain(hash);
    }
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard' });
    await dialog.waitFor();
    await page.keyboard.press('1');
    expect(page.url()).toContain('#/queues');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.context().close();
  });

  // Colours depend on the theme and the arrangement on the size: two runs meet all four.
  it.each([
    ['light', 'desktop'],
    ['dark', 'phone'],
  ] as const)(
    'has no violations of axe and nothing wider than the screen: %s, %s',
    async (theme, size) => {
      const page = await explorer.open('', { colorScheme: theme, viewport: SIZES[size], reducedMotion: 'reduce' });
      const found: string[] = [];
      const check = async (what: string) => {
        found.push(...(await violationsOf(page)).map((each) => `${what}: ${each}`));
        if (await overflows(page)) found.push(`${what} is wider than the screen`);
      };
      for (const [name, hash, shown] of VIEWS) {
        await page.goto(`${explorer.url}${hash}`);
        await page.locator(shown).first().waitFor();
        await check(name);
      }
      await page.goto(`${explorer.url}#/live`);
      await page.locator('.event-row').first().click();
      await page.getByRole('heading', { name: 'Where it went' }).waitFor();
      await check('event in the pane');
      await page.goto(`${explorer.url}#/tree?node=lrs`);
      await page.locator('.tree-panel').waitFor();
      await check('node');
      await page.goto(`${explorer.url}#/catalog/problem_check`);
      await page.locator('.catalog-page').waitFor();
      await check('catalog page');
      await page.goto(`${explorer.url}#/dead-letters`);
      await page.locator('.group-fold').first().click();
      await page.locator('.letter-fold').first().click();
      await page.locator('.letter-body').waitFor();
      await check('dead letters');
      await page.getByRole('button', { name: 'Purge all', exact: true }).click();
      await page.locator('.plan li').first().waitFor();
      await check('dialog');
      expect(found).toEqual([]);
      await page.context().close();
    },
    120_000,
  );

  it('keeps the theme that is chosen', async () => {
    const page = await explorer.open('#/queues', { colorScheme: 'light' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    const light = await ground();
    const theme = page.getByRole('button', { name: /^Theme:/ });
    await theme.click();
    expect(await ground()).toBe(light);
    await theme.click();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await ground()).toBe(dark);
    await page.context().close();
  });

  it('shows a node of the tree, and the events that it got', async () => {
    const page = await explorer.open('#/tree');
    await page.getByRole('button', { name: /^lrs/ }).click();
    const panel = page.getByRole('complementary', { name: 'Node lrs' });
    expect(await panel.textContent()).toContain('The circuit breaker is open: attempts fail');
    expect(page.url()).toContain('node=lrs');
    await panel.getByRole('link', { name: 'Show its events' }).click();
    await page.locator('.event-row').first().waitFor();
    expect(await page.getByLabel('Filter events').inputValue()).toBe('destination:lrs');
    await page.context().close();
  });

  it('shows what is seen and not documented, and finds events by their fields', async () => {
    const page = await explorer.open('#/catalog');
    const names = page.locator('.catalog-list a');
    await page.getByLabel('Search the catalog').fill('max_grade');
    await page.getByText('problem_check').waitFor();
    expect(await names.count()).toBe(1);
    await names.first().click();
    await page.getByRole('heading', { name: 'problem_check' }).waitFor();
    expect(await page.getByRole('rowheader', { name: 'answers personal' }).count()).toBe(1);
    await page.getByLabel('Search the catalog').fill('');
    await page.getByLabel('Which events').selectOption('never-seen');
    expect(await page.getByText('edx.cohort.user_added').count()).toBe(1);
    await page.getByLabel('Which events').selectOption('undocumented');
    expect(await page.locator('.catalog-list').textContent()).not.toContain('problem_check');
    await page.context().close();
  });

  it('shows each violation with the change of the schema that would accept it', async () => {
    const page = await explorer.open('#/violations');
    const violation = page.locator('.violation', { hasText: 'data.mode' }).first();
    await violation.getByText('Add "credit" to the values of data.mode.').click();
    expect(await violation.locator('pre').textContent()).toContain('"credit"');
    await violation.getByRole('link').click();
    await page.locator('.event-row').first().waitFor();
    expect(await page.getByLabel('Filter events').inputValue()).toMatch(/^name:edx\.course.* has:violation$/);
    await page.context().close();
  });
});
