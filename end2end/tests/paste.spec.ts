// Many customers from a pasted text: the preview with a box per row, what is written of it, and its undo.
import { test, expect } from '../fixtures/app';
import { jonas, people } from '../fixtures/world';
import type { Page } from '@playwright/test';

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const said = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });
const text = (page: Page) => page.getByLabel('Customers (one per line)');
const rows = (page: Page) => page.getByRole('table', { name: 'Result per line' });
const row = (page: Page, name: RegExp) => rows(page).getByRole('row', { name });
const box = (page: Page, name: string) => page.getByRole('checkbox', { name, exact: true });
const submit = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const filter = (page: Page, name: RegExp) => page.getByRole('group', { name: 'Show rows' }).getByRole('button', { name });
const listed = (page: Page, name: string) => page.getByRole('table', { name: 'Customers' }).getByRole('link', { name, exact: true });

test('every row says what becomes of it, and bad ones do not hold up the others', async ({ page, open, server }) => {
  const { globex } = await people(server);
  await server.call('deactivate_customer', { id: globex });
  await open('/customers');
  await page.getByRole('link', { name: 'Paste customers…' }).click();
  await expect(heading(page, 'Paste customers')).toBeVisible();
  await expect(page.getByText('Paste rows to see what will be created.')).toBeVisible();
  await page.getByLabel('Cluster', { exact: true }).selectOption({ label: 'eu-west' });
  await text(page).fill('Acme, acme\nGlobex, globex\nHooli, hooli, HOST=h.example\nWrong, Not One\nHouse, kube-system');
  await expect(row(page, /1 Acme/)).toContainText('Exists');
  await expect(row(page, /2 Globex/)).toContainText('Inactive. Restore it to use it again');
  await expect(row(page, /3 Hooli/)).toContainText('New, 1 variable');
  await expect(row(page, /3 Hooli/).getByRole('listitem')).toHaveText('HOST=h.example');
  await expect(row(page, /4 Wrong/)).toContainText("Skipped: Not One isn't a namespace");
  await expect(row(page, /5 House/)).toContainText('To check: kube-system is a system namespace');
  await expect(said(page, '1 new, 2 exist, 1 to check, 1 skipped')).toBeVisible();
  await expect(box(page, 'Create Hooli, line 3')).toBeChecked();
  await expect(box(page, 'Create House, line 5')).not.toBeChecked();
  await expect(rows(page).getByRole('checkbox')).toHaveCount(3);
  await expect(submit(page, 'Create 1 customer')).toHaveAccessibleDescription('1 line has an error and is left out');
  await text(page).press('Control+Enter');
  await expect(heading(page, 'Customers')).toBeVisible();
  await expect(said(page, 'Created 1 customer')).toBeVisible();
  await expect(listed(page, 'Hooli')).toBeVisible();
  await expect(listed(page, 'House')).toHaveCount(0);
  await said(page, 'Created 1 customer').getByRole('button', { name: 'Undo' }).click();
  await expect(listed(page, 'Hooli')).toHaveCount(0);
});

test('known customers are updated where their boxes are ticked', async ({ page, open, server }) => {
  const { acme } = await people(server);
  await open('/customers/new?paste');
  await text(page).fill('name;namespace;cluster;HOST\nAcme;acme;eu-west;new.example\nGlobex;globex;eu-west;other.example\nStark;stark;us-east;');
  await expect(row(page, /Acme/)).toContainText('HOST: acme.example → new.example');
  await expect(row(page, /Stark/)).toContainText('us-east');
  await expect(submit(page, 'Create 1 customer')).toBeVisible();
  await box(page, 'Create Stark, line 4').uncheck();
  await expect(submit(page, 'Create customers')).toHaveAttribute('aria-disabled', 'true');
  await expect(submit(page, 'Create customers')).toHaveAccessibleDescription('Nothing to create');
  await box(page, 'Update Acme, line 2').check();
  await submit(page, 'Update 1 customer').click();
  await expect(said(page, 'Updated 1 customer')).toBeVisible();
  await open(`/customers/${acme}`);
  await expect(page.locator('.origins')).toContainText('new.example');
});

test('own ticks stay while one types, as long as line, namespace and state are the same', async ({ page, open, server }) => {
  await people(server);
  await open('/customers/new?paste');
  await page.getByLabel('Cluster', { exact: true }).selectOption({ label: 'eu-west' });
  await text(page).fill('Hooli, hooli\nStark, stark\nHouse, default');
  await box(page, 'Create Hooli, line 1').uncheck();
  await box(page, 'Create House, line 3').check();
  await text(page).press('Control+End');
  await page.keyboard.type('\nWayne, wayne');
  await expect(row(page, /Wayne/)).toContainText('New');
  await expect(box(page, 'Create Hooli, line 1')).not.toBeChecked();
  await expect(box(page, 'Create House, line 3')).toBeChecked();
  await expect(submit(page, 'Create 3 customers')).toBeVisible();
  await text(page).press('Control+Home');
  await page.keyboard.type('Umbrella, umbrella\n');
  await expect(row(page, /Umbrella/)).toContainText('New');
  await expect(box(page, 'Create Hooli, line 2')).toBeChecked();
  await expect(box(page, 'Create House, line 4')).not.toBeChecked();
});

test('what kubectl prints is taken, and namespaces of the system are not ticked', async ({ page, open, server }) => {
  await server.call('create_cluster', { draft: { name: 'eu-west' } });
  await open('/customers/new?paste');
  await text(page).fill('$ kubectl get ns\nNAME          STATUS   AGE\nacme          Active   12d\nkube-system   Active   90d\nbye   Terminating   1d');
  await expect(row(page, /kube-system/)).toContainText('To check: kube-system is a system namespace');
  await expect(row(page, /bye/)).toContainText('Skipped: bye is being deleted');
  await submit(page, 'Create 1 customer').click();
  await expect(listed(page, 'acme')).toBeVisible();
});

test('what somebody else changed since the preview is not overwritten', async ({ page, open, server }) => {
  const { acme } = await people(server);
  await open('/customers/new?paste');
  await page.getByLabel('Cluster', { exact: true }).selectOption({ label: 'eu-west' });
  await text(page).fill('Acme, acme, HOST=new.example\nHooli, hooli');
  await box(page, 'Update Acme, line 1').check();
  await jonas(server, 'update_customer', { id: acme, draft: { name: 'Acme', clusterId: 1, namespace: 'acme', metadata: { HOST: 'jonas.example' } }, version: 1 });
  await submit(page, 'Create 1 customer, update 1').click();
  await expect(said(page, 'Created 1 customer. 1 changed since the preview. Check again')).toBeVisible();
  await expect(row(page, /Acme/)).toContainText('HOST: jonas.example → new.example');
  await expect(row(page, /Hooli/)).toContainText('Exists');
});

test('by keyboard alone: filters, the box for all, and single rows', async ({ page, open, server }) => {
  await people(server);
  await open('/customers/new?paste');
  await page.getByLabel('Cluster', { exact: true }).selectOption({ label: 'eu-west' });
  await text(page).fill('Hooli, hooli\nAcme, acme, ZONE=a\nGlobex, globex, ZONE=b\nHouse, default\nWrong');
  await expect(submit(page, 'Create 1 customer')).toBeVisible();
  await filter(page, /^Exists/).focus();
  await page.keyboard.press('Enter');
  await expect(rows(page).getByRole('row')).toHaveCount(3);
  await expect(filter(page, /^Exists/)).toHaveAttribute('aria-pressed', 'true');
  await box(page, 'Select all').focus();
  await page.keyboard.press('Space');
  await expect(box(page, 'Select all')).toBeFocused();
  await expect(box(page, 'Update Globex, line 3')).toBeChecked();
  await page.keyboard.press('Tab');
  await expect(box(page, 'Update Acme, line 2')).toBeFocused();
  await page.keyboard.press('Space');
  await expect(box(page, 'Update Acme, line 2')).not.toBeChecked();
  expect(await box(page, 'Select all').evaluate(it => (it as HTMLInputElement).indeterminate)).toBe(true);
  await filter(page, /^All/).focus();
  await page.keyboard.press('Enter');
  await expect(submit(page, 'Create 1 customer, update 1')).toBeVisible();
  // All but the doubtful one, which is ticked by itself or among its like.
  await box(page, 'Select all').check();
  await expect(box(page, 'Create House, line 4')).not.toBeChecked();
  await filter(page, /^To check/).click();
  await box(page, 'Select all').check();
  await submit(page, 'Create 2 customers, update 2').click();
  await expect(said(page, 'Created 2 customers, updated 2')).toBeVisible();
});

test('a thousand rows are previewed, ticked and created without delay', async ({ page, open, server }) => {
  await people(server);
  await open('/customers/new?paste');
  await page.getByLabel('Cluster', { exact: true }).selectOption({ label: 'us-east' });
  const pasted = Array.from({ length: 1_200 }, (_, n) => `Customer ${n}, c-${n}, HOST=h${n}.example`);
  await text(page).fill(pasted.join('\n'));
  // By selector: looking through thousands of cells by role would take longer than what is tested.
  const lines = page.locator('#import-rows tbody tr');
  const all = page.locator('[aria-label="Select all"]');
  await expect(lines).toHaveCount(1_000);
  await expect(page.locator('#import-rows')).toContainText('Showing 1,000 of 1,200');
  await page.locator('#import-rows [data-more]').click();
  await expect(lines).toHaveCount(1_200);
  // From the click to the label of the button: what a person waits for.
  const took = await page.evaluate(async () => {
    const head = document.querySelector<HTMLInputElement>('[aria-label="Select all"]')!;
    const button = document.querySelector('form [type=submit]')!;
    const began = performance.now();
    head.click();
    while (button.textContent?.trim() !== 'Create customers') await new Promise(next => requestAnimationFrame(next));
    return performance.now() - began;
  });
  expect(took).toBeLessThan(1_000);
  await all.check();
  await page.locator('[aria-label="Create Customer 7, line 8"]').uncheck();
  const create = page.locator('form [type=submit]');
  await expect(create).toHaveText('Create 1,199 customers');
  await create.click();
  await expect(page.locator('.toast')).toContainText('Created 1,199 customers', { timeout: 30_000 });
  // With the three that were there.
  await expect(page.locator('main')).toContainText(/1,?202 customers/);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });
  test('box, name and reason of each row are within the edges', async ({ page, open, server }) => {
    await people(server);
    await open('/customers/new?paste');
    await page.getByLabel('Cluster', { exact: true }).selectOption({ label: 'eu-west' });
    await text(page).fill('Acme, acme\nHooli, hooli, HOST=h.example\nWrong, Not One\nHouse, kube-system');
    await expect(row(page, /Wrong/)).toBeVisible();
    const parts = [box(page, 'Create Hooli, line 2'), rows(page).getByText('Hooli', { exact: true }), rows(page).getByText('New, 1 variable'), rows(page).getByText("Skipped: Not One isn't a namespace"), rows(page).getByText('To check: kube-system is a system namespace')];
    for (const part of parts) {
      const place = (await part.boundingBox())!;
      expect(place.x).toBeGreaterThanOrEqual(0);
      expect(place.x + place.width).toBeLessThanOrEqual(360);
    }
    expect(await page.locator('.import__rows').evaluate(it => it.scrollWidth - it.clientWidth)).toBe(0);
  });
});
