import { describeInBrowser, ExplorerPage } from './explorer-page';

describeInBrowser('The view of the queues', () => {
  const explorer = new ExplorerPage();

  beforeAll(() => explorer.start(), 120_000);
  afterAll(() => explorer.stop());
  afterEach(() => {
    expect(explorer.troubles.splice(0)).toEqual([]);
  });

  it('shows the figures of each queue, and those of its partitions when they are opened', async () => {
    const page = await explorer.open('#/queues');
    const caliper = page.locator('.queue', { hasText: 'caliper' });
    await caliper.waitFor();
    expect(await caliper.textContent()).toMatch(
      /Bull · tracking.*Waiting1,204.*Active8.*Delayed12.*Failed3.*Workers2.*Oldest entry: 4\d s old/,
    );
    const grades = page.locator('.queue', { hasText: 'grades' });
    await grades.getByText('3 partitions').click();
    expect(await grades.locator('details').textContent()).toContain('analytics:1lag 233 of 640,000');
    await page.context().close();
  });

  it('says that a server did not answer, with the fix, next to the figures of the others', async () => {
    const page = await explorer.open('#/queues');
    const reports = page.locator('.queue', { hasText: 'reports' });
    await reports.waitFor();
    expect(await reports.getByRole('status').textContent()).toBe(
      'It did not answer: no answer within 2000 ms. See that its Redis runs, and check its address and password.',
    );
    expect(await reports.locator('.numbers').count()).toBe(0);
    expect(await page.locator('.queue').count()).toBe(5);
    await page.context().close();
  });
});
