// How the matrix is looked at: what a filter leaves and counts, collapsed clusters, sorting, merging, swapped axes, saved views.
import type { Page } from '@playwright/test';
import { test, expect, live, type Server } from '../fixtures/app';
import { act, other, step } from '../fixtures/other';
import { activeJune, june } from '../fixtures/world';

const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const bar = (page: Page) => page.getByRole('toolbar', { name: 'Filters' });

// Opens the View menu and chooses an item.
async function view(page: Page, item: string) {
  await bar(page).locator('summary').filter({ hasText: 'View' }).click();
  await bar(page).getByRole('button', { name: item, exact: true }).click();
}

// Skips all steps of Initech, the only customer of us-east.
const finish = (server: Server) =>
  other(server, 'Jonas')('act_on_steps', { ids: Object.values(step.initech), action: 'skip', reason: 'not here' });

test('heads and chips count what the filter leaves', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'done'));
  await open(`/releases/${june}?q=glo`);
  await expect(page.getByRole('columnheader', { name: '4 steps, 1 of 3 customers' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'eu-west 1 of 2 customers' })).toBeVisible();
  await expect(page.getByRole('rowheader', { name: /Announce/ })).toContainText('0/1');
  await expect(bar(page).getByRole('button', { name: 'Pending 4' })).toBeVisible();
  await expect(bar(page).getByRole('button', { name: /^Done/ })).toHaveCount(0);
  await bar(page).getByRole('button', { name: 'Clear filters' }).click();
  await expect(page.getByRole('columnheader', { name: '4 steps, 3 customers' })).toBeVisible();
  await expect(page.getByRole('rowheader', { name: /Announce/ })).toContainText('1/3');
  await expect(bar(page).getByRole('button', { name: 'Done 1' })).toBeVisible();
  // A chip that is on stays, so that it can be taken off.
  await open(`/releases/${june}?q=glo&status=done`);
  await expect(bar(page).getByRole('button', { name: 'Done 0', pressed: true })).toBeVisible();
});

test('a long name of a step has two lines beside its count', async ({ page, open, server }) => {
  const { june: release, acme } = await june(server);
  const name = 'Step number 1 of the rollout to customers';
  await server.call('add_template', { release, draft: { name, category: 'deploy', type: 'text', content: 'x', description: '' }, place: 'Last' });
  await server.call('activate_release', { id: release, customers: [acme] });
  await open(`/releases/${release}`);
  const is_cut = () => page.locator('.step__name', { hasText: name }).evaluate(it => it.scrollWidth > it.clientWidth || it.scrollHeight > it.clientHeight);
  expect(await is_cut()).toBe(false);
});

test('a finished cluster is collapsed for who arrives, and not for who reloads', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await finish(server);
  await page.reload();
  await live(page);
  // The head too: names of cells are set again when it is known who changed them.
  await expect(page.getByRole('columnheader', { name: /Initech/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^us-east/ })).toHaveAttribute('aria-expanded', 'true');
  await expect(cell(page, 'Step 1 Announce, Initech')).toBeVisible();
  await open('/releases');
  await open(`/releases/${june}`);
  await expect(cell(page, 'Step 1 Announce, us-east: 1 of 1 finished')).toBeVisible();
  await expect(cell(page, 'Step 1 Announce, Initech')).toHaveCount(0);
  await view(page, 'Expand all');
  await expect(cell(page, 'Step 1 Announce, Initech')).toBeVisible();
  await expect(page).toHaveURL(/closed=none/);
  await page.reload();
  await live(page);
  await expect(cell(page, 'Step 1 Announce, Initech')).toBeVisible();
  await view(page, 'Collapse all');
  await expect(cell(page, 'Step 1 Announce, eu-west: 0 of 2 finished')).toBeVisible();
  await expect(cell(page, /Announce, .*Acme/)).toHaveCount(0);
  // A link to a cell shows it.
  await open(`/releases/${june}?step=${step.initech.check}`);
  await expect(cell(page, 'Step 4 Check, Initech')).toBeVisible();
});

test('a filter shows the customer that it finds, though its cluster is collapsed', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await finish(server);
  const rollup = cell(page, 'Step 1 Announce, us-east: 1 of 1 finished');
  await open(`/releases/${june}`);
  await expect(rollup).toBeVisible();
  await page.getByLabel('Filter customers and steps').fill('initech');
  await expect(cell(page, 'Step 1 Announce, Initech')).toBeVisible();
  await bar(page).getByRole('button', { name: 'Clear filters' }).click();
  await expect(rollup).toBeVisible();
  // Also by an address; the head of the cluster works as ever.
  await open(`/releases/${june}?q=initech`);
  await expect(cell(page, 'Step 1 Announce, Initech')).toBeVisible();
  const head = page.getByRole('button', { name: /^us-east/ });
  await head.click();
  await expect(rollup).toBeVisible();
  await head.click();
  await expect(cell(page, 'Step 1 Announce, Initech')).toBeVisible();
});

test('who needs attention comes first on demand, and stays there', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await other(server, 'Jonas')('act_on_step', act(step.initech.announce, 'fail', 'no answer'));
  await open(`/releases/${june}`);
  const first = page.locator('thead tr + tr th').first();
  await expect(first).toContainText('Acme');
  await view(page, 'Sort by attention');
  await expect(first).toContainText('Initech');
  await expect(page).toHaveURL(/sort=attention/);
  await cell(page, 'Step 1 Announce, Initech').click();
  await page.keyboard.press('d');
  await expect(cell(page, 'Step 1 Announce, Initech, us-east: done')).toBeVisible();
  await expect(first).toContainText('Initech');
  await view(page, 'Sort by name');
  await expect(first).toContainText('Acme');
});

test('identical customers are one column, whose cells are marked together and shown one by one again', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await view(page, 'Merge identical customers');
  const merged = (state: string) => cell(page, `Step 1 Announce, 2 alike customers, eu-west: ${state}`);
  await expect(page.getByRole('columnheader', { name: /^2 alike/ })).toBeVisible();
  await expect(cell(page, 'Step 1 Announce, Initech')).toBeVisible();
  await merged('pending').click();
  await expect(page.getByRole('toolbar', { name: 'Actions on the selection' })).toContainText('1 step × 2 customers');
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: 'Marked 2 cells done' })).toBeVisible();
  await expect(merged('done')).toBeVisible();
  await expect(page).toHaveURL(/merge=1/);
  await page.keyboard.press('Enter');
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: done by Ana')).toBeFocused();
  await expect(cell(page, 'Step 1 Announce, Globex, eu-west: done by Ana')).toBeVisible();
});

test('a link to merged customers opens, also with swapped axes and collapsed clusters, and marks nobody by itself', async ({ page, open, server }) => {
  const { june, us } = await activeJune(server);
  const actions = page.getByRole('toolbar', { name: 'Actions on the selection' });
  for (const more of ['', '&swap=1', `&closed=${us}`, `&swap=1&closed=${us}`]) {
    await open(`/releases/${june}?merge=1${more}`);
    await expect(page.getByRole(more.includes('swap') ? 'rowheader' : 'columnheader', { name: /^2 alike/ })).toBeVisible();
    await expect(actions).toHaveCount(0);
    await page.reload();
    await live(page);
    await cell(page, 'Step 1 Announce, 2 alike customers, eu-west: pending').click();
    await expect(actions).toContainText('1 step × 2 customers');
  }
});

test('swapped axes have the same cells, keys and panel', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await view(page, 'Swap rows and columns');
  await expect(page.getByRole('grid', { name: 'June: customers by steps' })).toBeVisible();
  await expect(page.getByRole('rowheader', { name: /Globex/ })).toContainText('0/4');
  await cell(page, 'Step 2 Migrate schema, Acme').click();
  await page.keyboard.press('ArrowDown');
  await expect(cell(page, 'Step 2 Migrate schema, Globex')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('d');
  await expect(cell(page, 'Step 3 Upgrade, Globex, eu-west: done by Ana')).toBeFocused();
  await expect(page.getByRole('rowheader', { name: /Globex/ })).toContainText('1/4');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Upgrade, Globex' })).toBeVisible();
  await page.reload();
  await live(page);
  await expect(page.getByRole('grid', { name: 'June: customers by steps' })).toBeVisible();
  await page.getByRole('button', { name: 'Deploy 3 steps' }).click();
  await expect(cell(page, 'Deploy, Globex, eu-west: 1 of 3 finished')).toBeVisible();
});

test('with swapped axes heads select, their links lead on, and any set of cells is picked', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}?swap=1`);
  const selected = page.locator('td[aria-selected=true]');
  await page.getByRole('rowheader', { name: /Acme/ }).click();
  await expect(selected).toHaveCount(4);
  await page.getByRole('columnheader', { name: /Migrate schema/ }).click();
  await expect(selected).toHaveCount(3);
  await cell(page, 'Step 1 Announce, Globex').click();
  await cell(page, 'Step 3 Upgrade, Initech').click({ modifiers: ['ControlOrMeta'] });
  await expect(selected).toHaveCount(2);
  await expect(page.getByRole('link', { name: 'Acme: run mode' })).toHaveAttribute('href', `/releases/${june}/customer/${acme}`);
  await page.getByRole('link', { name: 'Migrate schema across customers' }).click();
  await expect(page).toHaveURL(/steps=Migrate%20schema&swap=1/);
  await expect(cell(page, /^Step/)).toHaveCount(3);
  await page.getByRole('link', { name: 'Acme: run mode' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Acme' })).toBeVisible();
});

test('a view is saved for everyone, shown again and deleted', async ({ page, open, server, browser }) => {
  const { june } = await activeJune(server);
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'fail', 'no answer'));
  await open(`/releases/${june}`);
  await bar(page).getByRole('button', { name: 'Failed 1' }).click();
  await view(page, 'Saved views…');
  const dialog = page.getByRole('dialog', { name: 'Saved views' });
  await dialog.getByRole('button', { name: 'Save view' }).click();
  await expect(dialog).toContainText('Enter a name');
  await dialog.getByLabel('Name of this view').fill('Failures');
  await dialog.getByLabel('For everyone').check();
  await dialog.getByRole('button', { name: 'Save view' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Saved view Failures' })).toBeVisible();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, extraHTTPHeaders: { 'x-rollcall-user': 'Ben' } });
  const ben = await context.newPage();
  await ben.goto(`${server.url}/releases/${june}`);
  await live(ben);
  await view(ben, 'Failures');
  await expect(ben).toHaveURL(/status=failed/);
  await expect(cell(ben, /^Step/)).toHaveCount(1);
  await context.close();
  await bar(page).getByRole('button', { name: 'Clear filters' }).click();
  await expect(cell(page, /^Step/)).toHaveCount(12);
  await view(page, 'Failures');
  await expect(cell(page, /^Step/)).toHaveCount(1);
  await view(page, 'Saved views…');
  await dialog.getByRole('button', { name: 'Delete view Failures' }).click();
  await expect(dialog.getByRole('listitem')).toHaveCount(0);
});

test('from 1440 px on the chips have the names of the states', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'start'));
  await open(`/releases/${june}`);
  for (const name of ['In progress', 'Pending']) {
    const label = bar(page).locator('.chip__label', { hasText: name });
    await expect(label).toBeInViewport({ ratio: 1 });
    expect(await label.evaluate(it => it.clientWidth >= it.scrollWidth)).toBe(true);
  }
});

test('the filter bar is one row from 1280 px on', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  const jonas = other(server, 'Jonas');
  await jonas('act_on_step', act(step.acme.announce, 'start'));
  await jonas('act_on_step', act(step.acme.migrate, 'done'));
  await jonas('act_on_step', act(step.acme.migrate, 'revert'));
  await jonas('act_on_step', act(step.globex.announce, 'fail', 'no answer'));
  await jonas('act_on_step', act(step.globex.migrate, 'skip', 'not here'));
  await jonas('act_on_step', act(step.initech.announce, 'done'));
  for (const width of [1280, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await open(`/releases/${june}?open=1&q=e`);
    const field = await page.getByLabel('Filter customers and steps').boundingBox();
    const density = await bar(page).getByRole('group', { name: 'Density' }).boundingBox();
    const menu = await bar(page).locator('summary').filter({ hasText: 'View' }).boundingBox();
    for (const it of [density, menu]) {
      expect(Math.abs(it!.y + it!.height / 2 - field!.y - field!.height / 2), `${width}`).toBeLessThan(8);
      expect(it!.x + it!.width, `${width}`).toBeLessThanOrEqual(width);
    }
    // No chip is out of sight.
    expect(await page.locator('#filter-chips').evaluate(it => it.scrollWidth <= it.clientWidth), `${width}`).toBe(true);
  }
});
