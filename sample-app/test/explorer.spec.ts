import { TrackingDeadLetters } from 'nestjs-event-tracking';
import type { Page } from 'playwright-core';
import { ExplorerBrowser, soon } from '../../test/explorer/browser';
import { describeInBrowser } from '../../test/support/chromium';
import { BuiltPage } from '../../test/explorer/build-page';
import { Assets } from '../../src/explorer/assets';
import { RunningSample } from './support/running-sample';

const enrollment = '/courses/course-v1:edX+DemoX+2026/enrollment';
const ACTIVATED = 'edx.course.enrollment.activated';

describeInBrowser('The explorer of the sample', () => {
  const browser = new ExplorerBrowser();
  const built = new BuiltPage();
  let sample: RunningSample;
  let page: Page;

  beforeAll(async () => {
    await built.build();
    await browser.launch();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    built.remove();
  });
  beforeEach(async () => {
    sample = await RunningSample.start({
      allowsViolations: true,
      change: (builder) => builder.overrideProvider(Assets).useValue(new Assets(built.folder)),
    });
    await sample.post('/demo/partner/answer', { status: 400 });
    await sample.post('/demo/drift');
    await sample.post(enrollment, { mode: 'verified' });
    page = await browser.openUrl(`${sample.address}/tracking/`);
  }, 60_000);
  afterEach(async () => {
    await browser.closePages();
    expect(browser.troubles.splice(0)).toEqual([]);
    // Dead letters in memory are lost when the application closes, which the sample reports.
    await sample.post('/demo/partner/answer', { status: 200 });
    await sample.app.get(TrackingDeadLetters).redrive({});
    await sample.close();
  });

  const view = async (name: string, shown: string) => {
    await page.locator('.nav').getByRole('link', { name }).click();
    await page.locator(shown).first().waitFor();
  };
  const rowOf = (name: string) => page.getByRole('option', { name: new RegExp(name) }).first();
  const redriveAll = async () => {
    await sample.post('/demo/partner/answer', { status: 200 });
    await view('Dead letters', '.group');
    await page.getByRole('button', { name: 'Redrive all', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Redrive 1' }).click();
    await page.getByText('No dead letters').waitFor();
  };

  it('shows every view that is clicked, with the events of the sample', async () => {
    await rowOf(ACTIVATED).click();
    await page.locator('.pane').getByText('course is not in the contract').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Where its context comes from').waitFor();
    expect(page.url()).toContain('#/event/');

    await view('Tree', '.tree-card');
    await page.getByRole('button', { name: /partner/ }).click();
    await page.getByRole('complementary', { name: 'Node partner' }).getByText('PartnerDestination').waitFor();

    await view('Violations', '.violation');
    expect(await page.locator('.violation').count()).toBe(2);
    expect(await page.locator('.violation').first().textContent()).toContain('data.channel is missing');

    await view('Catalog', '.catalog-list a');
    await page.getByRole('link', { name: /problem_check_fail/ }).click();
    await page.getByText('Never seen since this process started.').waitFor();

    await view('Queues', '.queue');
    expect(await page.locator('.queue').allTextContents()).toEqual([
      ...[expect.stringContaining('reports'), expect.stringContaining('outbox')],
    ]);

    await view('One event', '.find');
    await view('Live', '.event-row');
  });

  it('shows each outcome in the column of its destination', async () => {
    await rowOf(ACTIVATED).waitFor();
    const columns = await page.locator('.list-head .cell-mark').allTextContents();
    const marks = async (name: string) => {
      const texts = await rowOf(name).locator('.cell-marks > .cell-mark').allTextContents();
      return Object.fromEntries(texts.map((text, at) => [columns[at], text.replace(/^(dead|dropped)(?=\w)/, '')]));
    };
    await soon(async () => / dead/.test((await marks(ACTIVATED))['partner'] ?? ''));

    expect(columns).toEqual([
      ...['grading/recent', 'partner', 'recent', 'reports', 'log', 'reports/recent', 'tracking_logs', 'video_plays'],
    ]);
    expect(await marks(ACTIVATED)).toMatchObject({
      'grading/recent': expect.stringContaining('filtered'),
      partner: expect.stringContaining('dead'),
      recent: expect.stringContaining('delivered'),
      video_plays: expect.stringContaining('filtered'),
    });
    expect(await marks('message.queued')).toMatchObject({
      partner: expect.stringContaining('filtered'),
      log: expect.stringContaining('filtered'),
      tracking_logs: expect.stringContaining('delivered'),
    });
  });

  it('shows the id of a user whose name is personal', async () => {
    expect(await rowOf(ACTIVATED).locator('.cell-actor').textContent()).toBe('user 101');
  });

  it('redrives the dead letters of the partner, once it is repaired', async () => {
    const received = async () =>
      ((await sample.get('/demo/partner')).body as { received: { name: string }[] }).received.map(({ name }) => name);
    expect(await received()).toEqual([]);

    await redriveAll();

    await soon(async () => (await received()).length > 0);
    expect(await received()).toEqual([ACTIVATED]);
  });
});
