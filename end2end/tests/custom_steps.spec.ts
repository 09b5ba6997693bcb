// Custom steps of one customer: added at a position, optionally to the template, edited, promoted, deleted.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { HOSTILE, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const rows = (page: Page) => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: /^\d+ / });

async function choose(page: Page, item: string) {
  await page.getByRole('complementary').getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

test('from the panel: added at its place, for this customer alone; edited, deleted', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await choose(page, 'Add custom step…');
  const dialog = page.getByRole('dialog', { name: 'Add custom step for Acme' });
  await dialog.getByRole('button', { name: 'Add step' }).click();
  await expect(dialog.getByText('Enter a name')).toBeVisible();
  await dialog.getByLabel('Name').fill('Rotate key');
  await dialog.getByLabel('Type').selectOption('sql');
  await dialog.getByLabel('Position').selectOption({ label: 'After Announce' });
  await dialog.getByLabel('Content').fill('SELECT 1;');
  await expect(dialog.getByLabel('Add to template')).not.toBeChecked();
  await expect(dialog.getByText('For Acme only.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Add step' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Added Rotate key' })).toBeVisible();
  const cell = page.getByRole('gridcell', { name: 'Step 2 Rotate key, Acme, eu-west: pending, custom' });
  await expect(cell).toBeVisible();
  await expect(page.getByRole('gridcell', { name: /Rotate key, Globex.*pending/ })).toHaveCount(0);

  await cell.dblclick();
  await expect(page.getByRole('complementary', { name: 'Rotate key, Acme' }).getByText('Custom', { exact: true })).toBeVisible();
  await choose(page, 'Edit');
  const edit = page.getByRole('dialog', { name: 'Edit Rotate key' });
  await edit.getByLabel('Name').fill('Rotate all keys');
  await edit.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('complementary', { name: 'Rotate all keys, Acme' })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: 'Step 2 Rotate all keys, Acme' })).toBeVisible();

  await open(`/releases/${june}/customer/${acme}`);
  await expect(rows(page)).toHaveText([/Announce/, /Rotate all keys/, /Migrate schema/, /Upgrade/, /Check/]);

  await open(`/releases/${june}?step=13`);
  await choose(page, 'Delete');
  await page.getByRole('dialog', { name: 'Delete Rotate all keys' }).getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Deleted Rotate all keys' })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: /Rotate all keys/ })).toHaveCount(0);
  await expect(page.getByRole('complementary')).toHaveCount(0);
});

test('from the customer\'s page: added to the template, it says who gets it, and they do', async ({ page, open, server }) => {
  const { june, acme, globex } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}`);
  await page.getByRole('button', { name: 'Add custom step…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add custom step for Acme' });
  await dialog.getByLabel('Name').fill('Tell support');
  await dialog.getByLabel('Category').selectOption({ label: 'Verify' });
  await dialog.getByLabel('Position').selectOption({ label: 'First' });
  await dialog.getByLabel('Content').fill('true');
  await dialog.getByLabel('Add to template').check();
  await expect(dialog.getByText('All 3 customers in this release get it: Acme, Globex, Initech.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Add step' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(rows(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/, /Tell support/, /Check/]);
  await open(`/releases/${june}/customer/${globex}`);
  await expect(rows(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/, /Tell support/, /Check/]);
});

test('a promoted custom step goes to everybody, after it was said to whom', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  const id = await server.call('add_custom_step', { release: june, customer: acme, draft: { name: 'Rotate key', category: 'deploy', type: 'bash', content: 'true', description: '' }, place: 'Last', add_to_template: false });
  await open(`/releases/${june}?step=${id}`);
  await choose(page, 'Promote to template…');
  const dialog = page.getByRole('dialog', { name: 'Promote Rotate key to the template' });
  await expect(dialog.getByText('Adds it to 2 more customers of this release: Globex, Initech.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Promote', exact: true }).click();
  await expect(page.getByRole('gridcell', { name: 'Step 4 Rotate key, Globex, eu-west: pending' })).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Rotate key, Acme' }).getByText('Custom', { exact: true })).toHaveCount(0);
});

test('hostile words in a custom step are words', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  const name = HOSTILE.slice(0, 90);
  await server.call('add_custom_step', { release: june, customer: acme, draft: { name, category: 'deploy', type: 'bash', content: HOSTILE, description: '' }, place: 'Last', add_to_template: false });
  await open(`/releases/${june}/customer/${acme}?step=13`);
  await expect(page.getByRole('heading', { level: 2, name })).toBeVisible();
  await page.getByRole('button', { name: 'Add custom step…' }).click();
  await expect(page.getByRole('dialog').getByLabel('Position').locator('option').last()).toHaveText(`After ${name}`);
  await expect(page.locator('img')).toHaveCount(0);
  await expect(page).not.toHaveTitle('owned');
});
