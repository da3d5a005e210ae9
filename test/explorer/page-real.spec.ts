import type { TrackerService } from '../../src/entries';
import { getTrackerToken } from '../../src/entries';
import { describeInBrowser } from '../support/chromium';
import { ExplorerBrowser, namesIn, soon } from './browser';
import { BuiltPage } from './build-page';
import { startReal } from './real-application';
import { Refusing, type AdapterName } from './start-explorer';

describeInBrowser.each<AdapterName>(['express', 'fastify'])("The explorer's page, served by Nest on %s", (adapter) => {
  const browser = new ExplorerBrowser();
  const built = new BuiltPage();

  beforeAll(async () => {
    await built.build();
    await browser.launch();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    built.remove();
  });
  beforeEach(() => {
    Refusing.isDown = true;
  });
  afterEach(async () => {
    await browser.closePages();
    expect(browser.troubles.splice(0)).toEqual([]);
  });

  const start = async (hash = '') => {
    const run = await startReal(adapter, built.folder);
    return { ...run, page: await browser.openUrl(`${run.url}/`, hash) };
  };

  it('shows an event as it is emitted, and everything about it', async () => {
    const { page, tracker } = await start();
    await page.getByText('No events yet').waitFor();
    tracker.context({ user_id: 7 }, () => {
      tracker.emit('course.enrolled', { course: 'DemoX', mode: 'gold', card: '4111', email: 'ada@example.org' });
    });
    const row = page.getByRole('option', { name: /course\.enrolled/ });
    await row.waitFor();
    await soon(async () => /lrs.*dead/.test((await row.textContent()) ?? ''));
    expect(await row.textContent()).toMatch(/2 violations.*user 7.*caliper\/archive delivered.*logs delivered/);
    await row.click();
    const pane = page.locator('.pane');
    await pane.getByRole('heading', { name: 'Where it went' }).waitFor();
    const text = (await pane.textContent()) ?? '';
    expect(text).toContain('refused: no such course');
    expect(text).toMatch(/processors\[0\] \(Redact\)\s*changed/);
    expect(text).toContain('data.release');
    expect(text).toContain('must be "audit" or "verified"');
    expect(text).toContain('test/explorer/page-real.spec.ts:');
    expect(text).toContain('A learner joined a course');
    expect(text).toContain('user_id');
    expect(text).not.toContain('ada@example.org');
  });

  it('leads through every view', async () => {
    const { page, tracker } = await start();
    tracker.emit('course.enrolled', { course: 'DemoX', mode: 'gold' });
    tracker.emit('page.closed', { seconds: 12 });
    await page.getByRole('option', { name: /page\.closed/ }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('.event-page h1', { hasText: 'page.closed' }).waitFor();
    await page.getByRole('link', { name: 'Tree' }).click();
    await page.getByRole('button', { name: /^lrs/ }).click();
    const node = page.getByRole('complementary', { name: 'Node lrs' });
    await node.getByRole('link', { name: 'Show its events' }).click();
    await page.locator('.event-row').first().waitFor();
    expect(await page.getByLabel('Filter events').inputValue()).toBe('destination:lrs');
    await page.getByRole('link', { name: /^Violations/ }).click();
    const violation = page.locator('.violation', { hasText: 'data.mode' });
    await violation.waitFor();
    expect(await violation.textContent()).toContain('course.enrolled');
    await violation.getByText('Add "gold" to the values of data.mode.').click();
    expect(JSON.parse((await violation.locator('pre').textContent()) ?? '')).toEqual({
      enum: ['audit', 'verified', 'gold'],
    });
    await page.getByRole('link', { name: /^Dead letters/ }).click();
    await page.locator('.group', { hasText: 'refused: no such course' }).waitFor();
    await page.getByRole('link', { name: 'Catalog' }).click();
    await page.locator('.catalog-list a', { hasText: 'course.enrolled' }).click();
    await page.locator('.catalog-page').getByText('After the enrolment is stored.').waitFor();
    expect(await page.locator('.catalog-page').textContent()).toMatch(/Seen 1 time/);
    await page.getByLabel('Which events').selectOption('undocumented');
    await page.locator('.catalog-list a', { hasText: 'page.closed' }).waitFor();
    await page.getByRole('link', { name: 'Queues' }).click();
    await page.getByRole('heading', { name: 'No queues' }).waitFor();
  });

  it('filters the list by what the server finds, and marks what is wrong with a filter', async () => {
    const { page, tracker } = await start();
    for (const [mode, seconds] of [
      ['audit', 5],
      ['verified', 50],
    ] as const)
      tracker.emit('page.closed', { mode, seconds, note: `left: "${mode}"` });
    tracker.emit('course.enrolled', { course: 'DemoX', mode: 'audit' });
    await page.getByRole('option', { name: /course\.enrolled/ }).waitFor();
    const field = page.getByLabel('Filter events');
    const shows = async (filter: string, names: readonly string[]) => {
      await field.fill(filter);
      await page.keyboard.press('Enter');
      await soon(async () => (await namesIn(page)).join() === names.join());
    };
    await shows('data.seconds>9', ['page.closed']);
    await shows(String.raw`data.note="left: \"audit\""`, ['page.closed']);
    await shows('-name:page.* has:dead', ['course.enrolled']);
    await shows('destination:caliper data.mode=audit', ['course.enrolled', 'page.closed']);
    await field.fill('name:page.* colour:red');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').locator('mark').textContent()).toBe('colour:red');
    await soon(async () => (await namesIn(page)).length === 3);
  });

  it('redrives a dead letter and a group, with their progress in every view', async () => {
    const { page, tracker, get } = await start('#/dead-letters');
    for (let at = 0; at < 300; at++) {
      tracker.emit('page.closed', { at });
      tracker.emit('accepted', { at }); // a destination that refuses everything would get no more
    }
    await tracker.flush();
    const group = page.locator('.group');
    await group.locator('.group-fold').click();
    await page.getByText('20 of 300 shown.').waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('220 of 300 shown.').waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await soon(async () => (await group.locator('.letter').count()) === 300);
    Refusing.isDown = false;
    await group
      .locator('.letter')
      .first()
      .getByRole('button', { name: /^Redrive/ })
      .click();
    const dialog = page.getByRole('dialog', { name: 'Redrive dead letters' });
    await dialog.getByText('They are put into its queue').waitFor();
    await dialog.getByRole('button', { name: 'Redrive 1 dead letter' }).click();
    await page.getByText('1 dead letter of lrs redriven.').waitFor();
    await soon(async () => (await group.locator('.group-count').textContent()) === '299');
    await group.getByRole('button', { name: /^Redrive all of lrs/ }).click();
    await dialog.getByRole('button', { name: 'Redrive 299 dead letters' }).click();
    await page.keyboard.press('3');
    await page.getByText('299 dead letters of lrs redriven.').waitFor();
    await page.getByRole('link', { name: /^Dead letters/ }).click();
    await page.getByText('No dead letters').waitFor();
    await tracker.flush();
    const delivered = tracker.backend<Refusing>('lrs').delivered;
    expect(delivered.filter((name) => name === 'page.closed')).toHaveLength(300);
    expect(delivered.filter((name) => name === 'tracking.dead_letters.redriven')).toHaveLength(2);
    expect(await get('api/jobs')).toMatchObject([
      { done: 1, of: 1 },
      { done: 299, of: 299 },
    ]);
  });

  it('changes between two trackers, and their events stay apart', async () => {
    const { page, app, tracker } = await start();
    const audit = app.get<TrackerService>(getTrackerToken('audit'));
    tracker.emit('first.tracker');
    audit.emit('second.tracker');
    const { trackers } = (await (await fetch(`${page.url()}api/info`)).json()) as { trackers: { name: string }[] };
    const shown = (name: string | undefined) => (name === 'audit' ? 'second.tracker' : 'first.tracker');
    await page.getByRole('option', { name: new RegExp(shown(trackers[0]?.name)) }).waitFor();
    for (const { name } of [...trackers].reverse()) {
      await page.getByLabel('Tracker').selectOption(name);
      await soon(async () => (await namesIn(page)).join() === shown(name));
    }
    await page.getByLabel('Tracker').selectOption('audit');
    audit.emit('second.live');
    tracker.emit('first.live');
    await soon(async () => (await namesIn(page)).join() === 'second.live,second.tracker');
  });
});
