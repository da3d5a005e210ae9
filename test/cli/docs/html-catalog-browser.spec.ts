import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describeInBrowser } from '../../support/chromium';
import { DocsBrowser } from './docs-browser';
import { SHOP } from './print-docs';

const LARGE = join(__dirname, 'large-catalog.ts');
const EVERY = 'large/org.example.every.keyword.html';

describeInBrowser('a large catalog in a browser', () => {
  const docs = new DocsBrowser();
  let page: Page;

  beforeAll(async () => {
    await docs.start({ large: LARGE, shop: SHOP });
  }, 120_000);

  beforeEach(async () => {
    page = await docs.newPage({ viewport: { width: 1440, height: 900 } });
  });

  afterEach(() => docs.closePage());

  afterAll(() => docs.stop());

  const side = () => page.getByRole('navigation', { name: 'Events', exact: true });
  const rows = () => page.locator('.group tbody tr:visible');
  const hash = () => decodeURIComponent(new URL(page.url()).hash);

  /** The page of the large catalog that contains a text. */
  const pageWith = (text: string): string =>
    docs.folder
      .files('large')
      .find((file) => file.endsWith('.html') && docs.folder.read(`large/${file}`).includes(text))!;

  describe('the side list', () => {
    it('has every event and context, and shows which one is open', async () => {
      await docs.open(EVERY);
      expect(await side().locator('li a').count()).toBe(501);
      expect(await side().locator('a[aria-current="page"]').allTextContents()).toEqual(['org.example.every.keyword']);
      expect(await side().locator('a[aria-current="page"]').isVisible()).toBe(true);
      await page.mouse.wheel(0, 2000);
      expect(await side().boundingBox()).toMatchObject({ x: 0, y: expect.closeTo(56, -1) });
    });

    it('is closed on a phone until it is asked for', async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await docs.open(EVERY);
      const summary = side().locator('summary').first();
      expect(await summary.textContent()).toBe('All events 500');
      expect(await side().locator('li a').first().isVisible()).toBe(false);
      await summary.focus();
      await page.keyboard.press('Enter');
      expect(await side().locator('a[aria-current="page"]').isVisible()).toBe(true);
    });

    it('leads to the previous and the next event', async () => {
      await docs.open(EVERY);
      const next = page.locator('a[rel="next"]');
      const name = await next.locator('code').textContent();
      await next.click();
      expect(await page.locator('h1').textContent()).toBe(name);
      await page.locator('a[rel="prev"]').click();
      expect(await page.locator('h1').textContent()).toBe('org.example.every.keyword');
    });
  });

  describe('the filters', () => {
    it('work with the keyboard, and are in the hash of the address', async () => {
      await docs.open('large/index.html');
      await page.getByLabel('Owner').focus();
      await page.keyboard.type('Video');
      expect(hash()).toBe('#?owner=Video');
      await page.keyboard.press('Tab');
      await page.keyboard.type('Browser');
      expect(hash()).toBe('#?owner=Video&source=Browser');
      const shown = await rows().count();
      expect(shown).toBeGreaterThan(10);
      expect(await page.locator('.size').textContent()).toBe(`${shown} of 500 events match the filters.`);
      expect(await side().locator('li a').count()).toBe(shown);
      await page.reload();
      expect(await rows().count()).toBe(shown);
      expect(await page.getByLabel('Owner').inputValue()).toBe('Video');
      await page.getByRole('button', { name: 'Clear filters' }).press('Enter');
      expect(hash()).toBe('');
      expect(await rows().count()).toBe(501);
    });

    it.each([
      ['owner=Video', ({ owner }: Facts) => owner === 'Video'],
      ['owner=', ({ owner }: Facts) => owner === undefined],
      ['personal=yes', ({ isPersonal }: Facts) => isPersonal],
      ['personal=no', ({ isPersonal }: Facts) => !isPersonal],
      ['deprecated=yes', ({ isDeprecated }: Facts) => isDeprecated === true],
      ['source=Mobile&deprecated=no', (each: Facts) => each.source === 'Mobile' && each.isDeprecated !== true],
    ])('show the events that match: %s', async (query, fits) => {
      await docs.open(`large/index.html#?${query}`);
      const all = await page.evaluate<Facts[]>('window.eventCatalog');
      const names = all
        .filter((each) => (each.note !== 'context' || query.startsWith('personal')) && fits(each))
        .map(({ name }) => name);
      expect(names.length).toBeGreaterThan(0);
      expect((await page.locator('.group tbody tr:visible th code').allTextContents()).sort()).toEqual(names.sort());
    });

    it('stay with the reader: in the search, from page to page, and at an anchor', async () => {
      await docs.open('large/index.html#?owner=Video');
      await page.getByLabel('Search events').fill('viewed');
      const hits = await page.locator('#results a code').allTextContents();
      const all = await page.evaluate<Facts[]>('window.eventCatalog');
      expect(hits.length).toBeGreaterThan(3);
      for (const hit of hits) expect(all.find(({ name }) => name === hit)?.owner).toBe('Video');
      await page.locator('#results a').first().click();
      expect(hash()).toBe('#?owner=Video');
      await page.locator('a[rel="next"]').click();
      const opened = await page.locator('h1').textContent();
      expect(all.find(({ name }) => name === opened)?.owner).toBe('Video');
      await page.getByRole('link', { name: 'Link to learner.email' }).click();
      await page.waitForURL(/#data\.learner\.email\?owner=Video$/);
      expect(await page.getByLabel('Owner').inputValue()).toBe('Video');
      await page.reload();
      expect(await page.locator('.target .key').textContent()).toBe('email');
      expect(await page.locator('.target').isVisible()).toBe(true);
    });

    it('say so if no event matches, and ignore what they do not know', async () => {
      await docs.open('large/index.html#?owner=Platform&source=Mobile');
      expect(await page.getByRole('main').getByText('No event matches these filters.').isVisible()).toBe(true);
      await docs.open('shop/index.html#?color=red&owner=%E0%A4%A');
      expect(await page.locator('h1').textContent()).toBe('Events');
    });

    it('are behind a button on a phone', async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await docs.open('large/index.html');
      expect(await page.getByLabel('Owner').isVisible()).toBe(false);
      await page.getByRole('button', { name: 'Filters' }).click();
      await page.getByLabel('Owner').selectOption('Video');
      expect(await page.getByRole('button', { name: 'Filters (1)' }).getAttribute('aria-expanded')).toBe('true');
    });
  });

  describe('the fields', () => {
    it('have one fold for each alternative, named by what distinguishes it', async () => {
      await docs.open(EVERY);
      const names = (id: string) => page.locator(`[id="${id}"] > details > .form > summary bdi`).allTextContents();
      expect(await names('data.by')).toEqual(
        ['staff', 'learner', 'system', 'import', 'device'].map((kind) => `kind is "${kind}"`),
      );
      expect(await names('data.place')).toEqual(['Address', 'A link', 'Form 3']);
      expect(await page.locator('[id="data.place"] .choice').textContent()).toBe('Exactly one of 3 forms:');
    });

    it('open for a link to one of them, and all at once', async () => {
      await docs.open(`${EVERY}#data.by.device_id`);
      expect(await page.locator('[id="data.by.device_id"]').isVisible()).toBe(true);
      expect(await page.locator('[id="data.by.staff_id"]').isVisible()).toBe(false);
      await page.getByRole('button', { name: 'Open all' }).click();
      expect(await page.locator('.tree details:not([open])').count()).toBe(0);
      await page.getByRole('button', { name: 'Close all' }).click();
      expect(await page.locator('.tree details[open]').count()).toBe(0);
    });

    it('say every constraint in words', async () => {
      await docs.open(EVERY);
      const text = (await page.getByRole('main').textContent()) ?? '';
      for (const words of [
        'Fields that match ^x-[a-z]+$: note is string.',
        'No other fields.',
        'Field names: string (up to 60 characters).',
        'At least 3 fields.',
        'With card: requires city.',
        'If kind is "invoice": requires street, city; else no street.',
        'Also matches ^[A-Z]+$.',
        '2 to 3 items of: integer (10 or more).',
        'Keyword "unit": "pieces".',
        'For a number: 3 or more.',
      ])
        expect(text).toContain(words);
    });
  });

  it('copies the example to the clipboard', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await docs.open('shop/edx.course.enrollment.activated.html');
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const text = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(text).toContain("tracker.emit('edx.course.enrollment.activated', {");
    expect(text).toBe(await page.locator('pre code').first().textContent());
  });

  it('finds other spellings next to what is spelt so only in a text', async () => {
    await docs.open('shop/index.html');
    await page.getByLabel('Search events').fill('enrollments');
    expect(await page.locator('#results a code').allTextContents()).toEqual(
      expect.arrayContaining(['edx.course.enrollment.activated', 'edx.course.enrollment.deactivated']),
    );
    await docs.open('large/index.html');
    await page.getByLabel('Search events').fill('enrolment updtaed');
    const found = await page.locator('#results a code').allTextContents();
    expect(found.length).toBeGreaterThan(5);
    for (const name of found) expect(name).toMatch(/enrollment\.updated/);
  });

  it('shows 500 events within two seconds, and answers each key within 50 ms', async () => {
    const loads: number[] = [];
    for (let at = 0; at < 3; at++) {
      await docs.open('large/index.html');
      loads.push(await page.evaluate<number>('document.body.getBoundingClientRect() && performance.now()'));
      expect(await rows().count()).toBe(501);
    }
    // Other processes of a busy machine can only add to the time.
    expect(Math.min(...loads)).toBeLessThan(2_000);
    const keys = await page.evaluate<number[]>(TYPING);
    keys.sort((a, b) => a - b);
    expect(keys[Math.floor(keys.length / 2)]).toBeLessThan(50);
  });

  it('shows everything but search, filters and the full side list where scripts are off', async () => {
    const plain = await docs.newPage({ javaScriptEnabled: false });
    await docs.open('shop/index.html');
    expect(await plain.getByRole('searchbox').count()).toBe(0);
    await plain.getByRole('main').getByRole('link', { name: 'edx.course.enrollment.activated' }).click();
    expect(await plain.locator('h1').textContent()).toBe('edx.course.enrollment.activated');
    expect(await plain.getByRole('button').count()).toBe(0);
    await plain.getByRole('navigation', { name: 'Events', exact: true }).locator('summary').click();
    await plain
      .getByRole('navigation', { name: 'Events', exact: true })
      .getByRole('link', { name: /deactivated/ })
      .click();
    await plain.locator('summary', { hasText: 'comments' }).first().click();
    expect(await plain.locator('h1').textContent()).toBe('edx.course.enrollment.deactivated');
  });

  it.each([
    ['light', 1440],
    ['dark', 390],
  ] as const)('has no violation of axe: %s, %i wide', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const files = ['shop/index.html', EVERY, 'shop/contexts/request.html', `large/${pageWith('اسم')}`];
    for (const file of files) {
      await docs.open(file);
      if (width < 500) await page.getByRole('button', { name: 'Filters' }).click();
      for (const button of await page.getByRole('button', { name: 'Open all' }).all()) await button.click();
      expect([file, await docs.violations()]).toEqual([file, []]);
    }
  });

  it.each([1440, 1200, 1000, 800, 390])('fits a page of %i pixels, with names of any length', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    const files = ['large/index.html', EVERY, `large/${pageWith('inner_yyyy')}`, `large/${pageWith('اسم')}`];
    for (const file of files) {
      await docs.open(file);
      const [content, window] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
      expect([file, content]).toEqual([file, Math.min(content ?? 0, window ?? 0)]);
      const cells = await page.locator('td[dir]:not(:empty)').evaluateAll((all) => all.map((each) => each.clientWidth));
      expect(Math.min(...cells)).toBeGreaterThan(140);
    }
  });

  it('writes a text from right to left from its right side', async () => {
    await docs.open(`large/${pageWith('اسم')}`);
    const direction = (selector: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).direction`);
    expect(await direction('.title')).toBe('rtl');
    expect(await direction('.about p')).toBe('rtl');
    expect(await direction('dt')).toBe('ltr');
  });
});

interface Facts {
  readonly name: string;
  readonly note?: string;
  readonly owner?: string;
  readonly source?: string;
  readonly isPersonal: boolean;
  readonly isDeprecated?: boolean;
}

/** Run in the page: types words with and without hits, and returns the milliseconds of each key. */
const TYPING = `(() => {
  const input = document.getElementById('query');
  return ['enrolment updtaed', 'zzzzzzzzzzz', 'learner.email video'].flatMap((text) =>
    [...text].map((_, at) => {
      input.value = text.slice(0, at + 1);
      const before = performance.now();
      input.dispatchEvent(new Event('input'));
      document.getElementById('results').getBoundingClientRect();
      return performance.now() - before;
    }),
  );
})()`;
