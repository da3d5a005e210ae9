import { describeInBrowser } from '../../support/chromium';
import { DocsBrowser } from './docs-browser';
import { OPEN_EDX, RULES, SHOP } from './print-docs';
import type { Page } from 'playwright-core';

describeInBrowser('catalog docs --format html, in a browser', () => {
  const docs = new DocsBrowser();
  let page: Page;

  beforeAll(async () => {
    await docs.start({ shop: SHOP, edx: OPEN_EDX, rules: RULES });
  }, 60_000);

  beforeEach(async () => {
    page = await docs.newPage();
  });

  afterEach(() => docs.closePage());

  afterAll(() => docs.stop());

  const open = (file: string) => docs.open(file);
  const found = () => page.locator('#results a code').allTextContents();

  it('finds an event by its name, and goes to its page, which shows its fields', async () => {
    await open('edx/index.html');
    await page.getByLabel('Search events').fill('enrollment .activated');
    expect(await found()).toEqual(['edx.course.enrollment.activated']);
    expect(await page.locator('#found').textContent()).toBe('1 found');
    await page.locator('#results a').click();
    expect(await page.locator('h1').textContent()).toBe('edx.course.enrollment.activated');
    const fields = await page.getByRole('list', { name: 'Fields of the data' }).locator('.key').allTextContents();
    expect(fields).toEqual(expect.arrayContaining(['course_id', 'mode', 'user_id']));
  });

  it('finds events by their titles, their descriptions and the names of their fields, from any page', async () => {
    await open('shop/contexts/request.html');
    const search = page.getByLabel('Search events');
    for (const [query, first] of [
      ['ENROLMENT ENDED', 'edx.course.enrollment.deactivated'],
      ['whole cohorts', 'edx.course.enrollment.activated'],
      ['paid_by.brand', 'edx.course.enrollment.activated'],
      ['signed', undefined],
      ['context.agent', 'request'],
      ['page viewed', 'Page Viewed'],
      ['<script>', 'a/../../<b>&"\''],
    ] as const) {
      await search.fill(query);
      expect([query, (await found())[0]]).toEqual([query, first]);
    }
    await search.fill('nothing like it');
    expect(await page.locator('#results').textContent()).toBe('Nothing found.');
    await search.fill('ip');
    await page.locator('#results a').first().click();
    expect(page.url()).toContain('/shop/');
    expect(await page.locator('h1').count()).toBe(1);
  });

  it('finds what is spelt nearly so, where nothing is spelt so', async () => {
    await open('edx/index.html');
    const search = page.getByLabel('Search events');
    for (const [query, expected] of [
      ['enrolment', 'edx.course.enrollment.activated'],
      ['enrollmnet activated', 'edx.course.enrollment.activated'],
      ['vidoe', undefined],
    ] as const) {
      await search.fill(query);
      expect(await page.locator('#results .none').first().textContent()).toBe('Nothing found. Similar:');
      const names = await found();
      expect(names.length).toBeGreaterThan(0);
      if (expected !== undefined) expect(names).toContain(expected);
      expect(await page.locator('#found').textContent()).toMatch(/^\d+ similar found$/);
    }
    for (const query of ['xyz', 'zzzzzzzz', '***']) {
      await search.fill(query);
      expect(await page.locator('#results').textContent()).toBe('Nothing found.');
    }
    await search.fill('video');
    expect(await page.locator('#results .none').count()).toBeLessThan(2);
    expect(await page.locator('#results').textContent()).not.toContain('Similar');
  });

  it('can be worked with the keyboard alone', async () => {
    await open('edx/index.html');
    await page.keyboard.press('/');
    await page.keyboard.type('video');
    const [first, second] = await found();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator(':focus code').textContent()).toBe(second);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    expect(await page.locator(':focus').getAttribute('id')).toBe('query');
    await page.keyboard.press('Escape');
    expect(await page.locator('#results').isVisible()).toBe(false);
    await page.keyboard.type('video');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/edx\/(?!index)/);
    expect(await page.locator('h1').textContent()).toBe(first);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(page.url()).toMatch(/#main$/);
  });

  it('leads from an event to the others of its group, its replacement, its contexts and single fields', async () => {
    await open('shop/play_video.html');
    await page.getByRole('main').getByRole('link', { name: 'edx.course.enrollment.activated' }).first().click();
    await page.getByRole('link', { name: 'Link to learner.email' }).click();
    expect(page.url()).toMatch(/#data\.learner\.email$/);
    await page
      .getByRole('navigation', { name: 'Events' })
      .getByRole('link', { name: /deactivated/ })
      .click();
    expect(await page.locator('.title').textContent()).toBe('Enrolment ended');
    await page.getByRole('main').getByRole('link', { name: 'request' }).first().click();
    expect(await page.locator('h1').textContent()).toBe('Context request');
    await page.getByRole('navigation', { name: 'Catalog' }).getByRole('link').click();
    expect(await page.locator('h1').textContent()).toBe('Events');
  });

  it.each(['light', 'dark'] as const)('has enough contrast for every text when it is %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    for (const file of ['index.html', 'play_video.html', 'edx.course.enrollment.activated.html']) {
      await open(`shop/${file}`);
      await page.getByLabel('Search events').fill('course');
      // As WCAG 2.2 counts it, 1.4.3: 4.5 to 1.
      expect(await page.evaluate(LEAST_CONTRAST)).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each([1280, 1200, 800, 700, 375, 360])('fits a page of %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    const shop = ['shop/index.html', 'shop/edx.course.enrollment.activated.html'];
    for (const file of [...shop, 'edx/index.html', 'rules/index.html', 'rules/paid.html', 'rules/sent.html']) {
      await open(file);
      const [content, window] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
      expect([file, content]).toEqual([file, Math.min(content ?? 0, window ?? 0)]);
    }
  });
});

/** Run in the page: the least contrast between a text and what is behind it. */
const LEAST_CONTRAST = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll('body *')].filter(
    (each) => each.checkVisibility() && [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''),
  );
  return Math.min(
    ...texts.map((each) => {
      const [a, b] = [luminance(channels(getComputedStyle(each).color)), luminance(ground(each))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }),
  );
})()`;
