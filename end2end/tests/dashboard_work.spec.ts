// What is done from the dashboard and from a release's menu: the versions of customers, sharing, removing, and what asks first.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { activeJune, jonas, people } from '../fixtures/world';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const said = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });
const more = (page: Page) => page.getByLabel('More: edit, steps, clone, archive').click();

// Acme's cells are the first four of June.
const finishAcme = async (server: { call(name: string, body: unknown): Promise<number> }) => {
  for (let id = 1; id <= 4; id++) await server.call('act_on_step', { id, action: 'done', reason: null, allow_unresolved: true });
};

test('the dashboard says which version each customer is on, and filters them as one types', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await finishAcme(server);
  await open('/');
  const versions = page.getByRole('region', { name: 'Customer versions' });
  await expect(versions.getByRole('row', { name: /Acme.*6\.0.*June/ })).toBeVisible();
  await expect(versions.getByRole('row', { name: /Initech.*No finished release/ })).toBeVisible();
  await versions.getByRole('searchbox').fill('acm');
  await expect(versions.getByRole('row', { name: /Initech/ })).toHaveCount(0);
  await expect(versions.getByRole('row', { name: /Acme/ })).toBeVisible();
  await expect(versions.getByRole('link', { name: 'Download CSV' })).toHaveAttribute('href', '/api/customers/versions?format=csv&q=acm');
  await versions.getByRole('link', { name: 'June' }).click();
  await expect(page).toHaveURL(new RegExp(`/releases/${june}$`));
});

test('the dashboard shows the time, and leads to the last cell of a release', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  for (let id = 2; id <= 12; id++) await server.call('act_on_step', { id, action: 'done', reason: null, allow_unresolved: true });
  await open('/');
  await expect(page.getByText(/ \d{4}, \d\d:\d\d/).first()).toBeVisible();
  await page.getByRole('link', { name: 'Open the last cell: Acme, step 1' }).click();
  await expect(page).toHaveURL(new RegExp(`/releases/${june}\\?step=1`));
  await expect(page.getByRole('complementary', { name: 'Announce, Acme' })).toBeVisible();
});

test('all customers are listed with their versions once they are asked for', async ({ page, open, server }) => {
  const { eu } = await people(server);
  await server.call('create_release', { draft: { name: 'June', type: 'release' } });
  const lines = Array.from({ length: 22 }, (_, n) => `Customer ${String(n).padStart(2, '0')}, c${n}`);
  await server.call('import_customers', { request: { text: lines.join('\n'), clusterId: eu } });
  await open('/');
  const versions = page.getByRole('region', { name: 'Customer versions' });
  await expect(versions.getByRole('row')).toHaveCount(21);
  await expect(versions).toContainText('Showing 20 of 25.');
  await versions.getByRole('link', { name: 'Show all 25' }).click();
  await expect(versions.getByRole('row')).toHaveCount(26);
  await expect(versions.getByRole('heading', { name: 'Customer versions' })).toBeFocused();
  await open('/?versions=all');
  await expect(versions.getByRole('row')).toHaveCount(26);
});

test('what one has in progress is on the dashboard, under its release', async ({ page, open, server }) => {
  await activeJune(server);
  await server.call('act_on_step', { id: 1, action: 'start', reason: null, allow_unresolved: false });
  await jonas(server, 'act_on_step', { id: 5, action: 'start', reason: null, allow_unresolved: false });
  await open('/');
  const needs = page.getByRole('region', { name: 'Needs attention' });
  await expect(needs.getByRole('heading', { name: 'June' })).toBeVisible();
  await expect(needs.getByRole('listitem')).toHaveCount(1);
  await expect(needs.getByRole('listitem')).toContainText('In progress by you for less than 1 min');
  await expect(page.getByRole('article')).toContainText('2 in progress');
  await expect(page.getByRole('article')).toContainText('1 in progress by you');
});

test('a due date that is past is marked', async ({ page, open, server }) => {
  const { acme } = await people(server);
  const release = await server.call('create_release', { draft: { name: 'January', type: 'release', releaseDate: '2020-01-31' } });
  await server.call('add_template', { release, draft: { name: 'Go', category: 'deploy', type: 'text', content: 'Go.', description: '' }, place: 'Last' });
  await server.call('activate_release', { id: release, customers: [acme] });
  await open('/');
  await expect(page.getByRole('article')).toContainText('due 31 January 2020');
  await expect(page.getByRole('article').getByText(/^Overdue by [\d,]+ days$/)).toBeVisible();
});

test('the demo is loaded from the empty dashboard', async ({ page, open, server }) => {
  await open('/');
  await button(page, 'Load the demo').click();
  await expect(page.getByRole('region', { name: 'Active releases' })).toContainText('2026.11 Invoicing');
  await expect(button(page, 'Load the demo')).toHaveCount(0);
  expect(server.url).toBeTruthy();
});

test('a release is shared on paper, as a file, and as a summary for a chat', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june } = await activeJune(server);
  await finishAcme(server);
  await server.call('act_on_step', { id: 5, action: 'fail', reason: 'no answer', allow_unresolved: false });
  await open(`/releases/${june}`);
  await more(page);
  await button(page, 'Share…').click();
  const dialog = page.getByRole('dialog', { name: 'Share June' });
  await expect(dialog.getByRole('link', { name: 'Print' })).toHaveAttribute('href', `/releases/${june}?view=print`);
  for (const [name, format] of [['Markdown report', 'md'], ['CSV', 'csv'], ['JSON', 'json']])
    await expect(dialog.getByRole('link', { name, exact: true })).toHaveAttribute('href', `/api/releases/${june}/export?format=${format}`);
  await expect(dialog).toContainText('Failed: Announce, Globex: no answer');
  await dialog.getByRole('button', { name: 'Copy status summary' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(said(page, 'Copied the status summary')).toBeVisible();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text.split('\n')[0]).toBe('June (6.0): 33 % finished, 4 of 12 cells');
  expect(text).toContain(`${server.url}/releases/${june}`);
});

test('an archive asks with what is open, and its toast brings the release back', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('act_on_step', { id: 1, action: 'fail', reason: 'no answer', allow_unresolved: false });
  await open(`/releases/${june}`);
  await more(page);
  await button(page, 'Archive').click();
  const dialog = page.getByRole('dialog', { name: 'Archive June' });
  await expect(dialog).toContainText('12 steps are open, 1 of them failed.');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText('Active', { exact: true })).toBeVisible();
  await more(page);
  await button(page, 'Archive').click();
  await dialog.getByRole('button', { name: 'Archive' }).click();
  await expect(page.getByText('Archived', { exact: true })).toBeVisible();
  await said(page, 'Archived June').getByRole('button', { name: 'Restore' }).click();
  await expect(said(page, 'Restored June')).toBeVisible();
  await expect(page.getByText('Active', { exact: true })).toBeVisible();
});

test('customers with pending steps alone are removed from a release', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('act_on_step', { id: 1, action: 'start', reason: null, allow_unresolved: false });
  await open(`/releases/${june}`);
  await more(page);
  await button(page, 'Remove customers…').click();
  const dialog = page.getByRole('dialog', { name: 'Remove customers from June' });
  await expect(dialog.getByRole('checkbox', { name: /Acme.*1 step in work/ })).toBeDisabled();
  await expect(dialog.getByRole('button', { name: 'Remove', exact: true })).toBeDisabled();
  await dialog.getByRole('searchbox').fill('glob');
  await expect(dialog.getByRole('checkbox')).toHaveCount(1);
  await dialog.getByRole('checkbox', { name: /Globex/ }).check();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(said(page, 'Removed 1 customer from June')).toBeVisible();
  await expect(page.getByRole('gridcell', { name: /Globex/ })).toHaveCount(0);
});

test('a deactivation asks with what is open, its toast restores, and the counts beside the pages follow', async ({ page, open, server }) => {
  const { acme } = await activeJune(server);
  await server.call('act_on_step', { id: 1, action: 'fail', reason: 'no answer', allow_unresolved: false });
  await open(`/customers/${acme}`);
  const count = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Customers' });
  await expect(count).toContainText('3');
  await button(page, 'Deactivate').click();
  const dialog = page.getByRole('dialog', { name: 'Deactivate Acme' });
  await expect(dialog).toContainText('In 1 active release: 4 steps are open, 1 of them failed.');
  await dialog.getByRole('button', { name: 'Deactivate' }).click();
  await expect(page.getByText('Inactive', { exact: true })).toBeVisible();
  await expect(count).toContainText('2');
  await said(page, 'Deactivated Acme').getByRole('button', { name: 'Restore' }).click();
  await expect(said(page, 'Restored Acme')).toBeVisible();
  await expect(page.getByText('Inactive', { exact: true })).toHaveCount(0);
  await expect(count).toContainText('3');
});

test.describe('while others work', () => {
  test.use({ hears: true });
  test('the counts beside the pages follow', async ({ page, open, server }) => {
    const { eu } = await people(server);
    await open('/activity');
    const count = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Customers' });
    await expect(count).toContainText('3');
    await jonas(server, 'create_customer', { draft: { name: 'Hooli', clusterId: eu, namespace: 'hooli', metadata: {} } });
    await expect(count).toContainText('4');
  });
});

test('names without a space break, and a step is named in full, at 1024 pixels', async ({ page, open, server }) => {
  await page.setViewportSize({ width: 1024, height: 768 });
  const long = 'x'.repeat(100);
  const cluster = await server.call('create_cluster', { draft: { name: 'eu-west' } });
  const customer = await server.call('create_customer', { draft: { name: long, clusterId: cluster, namespace: 'long' } });
  const release = await server.call('create_release', { draft: { name: long, type: 'release' } });
  const name = 'Helm upgrade of the api and its workers in every namespace';
  await server.call('add_template', { release, draft: { name, category: 'deploy', type: 'text', content: 'Go.', description: '' }, place: 'Last' });
  await server.call('activate_release', { id: release, customers: [customer] });
  await server.call('act_on_step', { id: 1, action: 'fail', reason: long, allow_unresolved: false });
  await open('/');
  const step = page.getByRole('region', { name: 'Needs attention' }).getByText(name);
  expect(await step.evaluate(it => it.parentElement!.scrollWidth <= it.parentElement!.clientWidth)).toBe(true);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1024);
});

test('a page of its own shows its name once, and the way to it', async ({ page, open, server }) => {
  const { acme } = await people(server);
  await open(`/customers/${acme}`);
  const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' });
  await expect(crumbs.getByRole('link', { name: 'Customers' })).toBeVisible();
  // For screen readers alone.
  expect((await crumbs.getByText('Acme').boundingBox())!.width).toBeLessThanOrEqual(1);
});
