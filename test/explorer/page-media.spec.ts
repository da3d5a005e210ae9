import type { Page } from 'playwright-core';
import { describeInBrowser, ExplorerPage, violationsOf } from './explorer-page';

/** Views with what shows that they have loaded, and with something in them that takes the focus. */
const VIEWS = [
  ['live', '.event-row', '.filter-input'],
  ['tree', '.tree-card', '.tree-card'],
  ['violations', '.violation', '.violation a'],
  ['dead-letters', '.group', '.group-fold'],
  ['catalog', '.catalog-list a', '.catalog-list a'],
  ['queues', '.queue', '.nav a'],
] as const;

/** Colors that elements with this selector have on the screen. */
const colorsOf = (page: Page, selector: string, property: string): Promise<string[]> =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => getComputedStyle(each)[${JSON.stringify(property)}])`,
  );

/** Color of the system, as the browser computes it. */
const systemColor = (page: Page, name: string): Promise<string> =>
  page.evaluate<string>(`(() => {
    const each = document.body.appendChild(document.createElement('i'));
    each.style.cssText = 'forced-color-adjust: none; color: ${name}';
    const { color } = getComputedStyle(each);
    each.remove();
    return color;
  })()`);

describeInBrowser("The explorer's page, as the system asks for it,", () => {
  const explorer = new ExplorerPage();

  beforeAll(() => explorer.start(), 120_000);
  afterAll(() => explorer.stop());
  afterEach(async () => {
    await explorer.closePages();
    expect(explorer.troubles.splice(0)).toEqual([]);
  });

  it('moves nothing with reduced motion', async () => {
    const page = await explorer.open('', { reducedMotion: 'reduce' });
    for (const [view, shown, focused] of VIEWS) {
      await page.goto(`${explorer.url}#/${view}`);
      await page.locator(shown).first().waitFor();
      await page.locator(focused).first().click();
      const moving = `(() => {
        const timed = [...document.querySelectorAll('*')].filter((each) => {
          const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(each);
          return transitionDuration !== '0s' || animationName !== 'none' || scrollBehavior !== 'auto';
        });
        return [document.getAnimations().length, ...timed.map(({ className }) => String(className))];
      })()`;
      expect([view, await page.evaluate(moving)]).toEqual([view, [0]]);
    }
  });

  it.each(['light', 'dark'] as const)(
    'shows the focus and the selection with forced colors (%s)',
    async (colorScheme) => {
      const page = await explorer.open('', { forcedColors: 'active', colorScheme });
      const highlight = await systemColor(page, 'Highlight');
      for (const [view, shown, focused] of VIEWS) {
        await page.goto(`${explorer.url}#/${view}`);
        await page.locator(shown).first().waitFor();
        await page.keyboard.press('Shift'); // the focus of a keyboard, not of a mouse
        await page.locator(focused).first().focus();
        const outline = await page.evaluate(`(() => {
        const shown = document.activeElement.closest('.filter') ?? document.activeElement;
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(shown);
        return [outlineStyle, parseFloat(outlineWidth) >= 2, outlineColor];
      })()`);
        expect([view, outline]).toEqual([view, ['solid', true, highlight]]);
        expect(await colorsOf(page, '.nav a[aria-current]', 'outlineStyle')).toEqual(['solid']);
        expect(await violationsOf(page)).toEqual([]);
      }
      await page.locator('.nav a').nth(2).click();
      await page.locator('.tree-card').nth(1).click();
      await page.locator('.tree-card').nth(2).focus();
      expect(await colorsOf(page, '.tree-card[aria-pressed="true"]', 'outlineColor')).toEqual([highlight]);
      await page.goto(`${explorer.url}#/catalog`);
      await page.locator('.catalog-list a').first().click();
      await page.locator('.catalog-list a[aria-current]').waitFor();
      expect(await colorsOf(page, '.catalog-list a[aria-current]', 'outlineColor')).toEqual([highlight]);
    },
  );

  it.each([
    ['light', 'dark'],
    ['dark', 'light'],
  ] as const)(
    'draws marks, edges and lines in the color of text with forced colors (%s, theme %s)',
    async (colorScheme, theme) => {
      const page = await explorer.open('', { forcedColors: 'active', colorScheme });
      await page.locator('.event-row .mark').first().waitFor();
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
      const [text, ground] = [await systemColor(page, 'CanvasText'), await systemColor(page, 'Canvas')];
      expect(text).not.toBe(ground);
      const only = async (selector: string, property: string): Promise<string[]> => [
        ...new Set(await colorsOf(page, selector, property)),
      ];
      expect(await only('.mark-line', 'stroke')).toEqual([text]);
      expect(await only('.mark-fill', 'fill')).toEqual([text]);
      expect(await only('.mark-cut', 'stroke')).toEqual([ground]);
      expect(await only('.connection-dot', 'backgroundColor')).toEqual([text]);
      await page.locator('.nav a').nth(2).click();
      await page.locator('.tree-edges path').first().waitFor({ state: 'attached' });
      expect(await only('.tree-edges', 'stroke')).toEqual([text]);
      expect(await only('.sparkline-line', 'stroke')).toEqual([text]);
    },
  );
});
