// A page that is left while it shows much: every other page is reached, and nothing of the page before fails.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

// Follows a link to an address of ours, as those of notes, toasts and the palette are.
const follow = (page: Page, address: string) =>
  page.evaluate(address => {
    const link = document.createElement('a');
    link.href = address;
    document.querySelector('main')!.append(link);
    link.click();
  }, address);

const title = (page: Page, name: string) => expect(page.getByRole('heading', { level: 1, name, exact: true })).toBeVisible();

test('with a step open in the panel one goes on to any page', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  const missing = step.initech.upgrade;
  for (const [address, name] of [['/', 'Dashboard'], [`/releases/${june}/customer/${acme}`, 'Acme'], [`/releases/${june}/steps`, 'Steps'], ['/customers', 'Customers']]) {
    await open(`/releases/${june}?step=${missing}`);
    const panel = page.getByRole('complementary', { name: 'Upgrade, Initech' });
    await panel.getByLabel('Value of var.HOST').fill('initech.example');
    await follow(page, address);
    await title(page, name);
  }
});

test('from a step in run mode one goes on to any page', async ({ page, open, server }) => {
  const { june, initech } = await activeJune(server);
  const run = `/releases/${june}/customer/${initech}`;
  for (const [address, name] of [[`${run}?view=print`, 'Initech'], [`/releases/${june}/steps`, 'Steps'], [`/releases/${june}`, 'June'], ['/', 'Dashboard']]) {
    await open(`${run}?step=${step.initech.upgrade}`);
    await page.getByLabel('Value of var.HOST').fill('initech.example');
    await follow(page, address);
    await title(page, name);
    if (address.includes('print')) await expect(page.getByRole('button', { name: 'Print' })).toBeVisible();
  }
});

test('from the matrix of one release one goes on to that of another', async ({ page, open, server }) => {
  const { june, acme, globex } = await activeJune(server);
  const july = await server.call('create_release', { draft: { name: 'July', type: 'release' } });
  await server.call('add_template', { release: july, draft: { name: 'Go', category: 'deploy', type: 'bash', content: 'true', description: '' }, place: 'Last' });
  await server.call('activate_release', { id: july, customers: [acme, globex] });
  await open(`/releases/${june}`);
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).click();
  await page.keyboard.press('d');
  await expect(page.getByRole('button', { name: 'Undo', exact: true }).first()).not.toHaveAttribute('aria-disabled', 'true');
  await follow(page, `/releases/${july}`);
  await title(page, 'July');
  await expect(page.getByRole('gridcell', { name: 'Step 1 Go, Acme' })).toBeVisible();
  await follow(page, `/releases/${june}?step=${step.acme.announce}`);
  await expect(page.getByRole('complementary', { name: 'Announce, Acme' })).toBeVisible();
  await follow(page, `/releases/${july}`);
  await title(page, 'July');
});
