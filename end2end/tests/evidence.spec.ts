// Evidence of a step (R74), and what CI reports to a release's hook (R63).
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { act, other, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
// From then on the page hears of changes.
const connected = (page: Page) => page.locator('html[data-live]').waitFor({ state: 'attached' });

test.use({ hears: true });

test('evidence is added in the panel, shown there, and deleted with a second press', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await other(server, 'Ben')('act_on_step', act(step.acme.announce, 'done'));
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await connected(page);
  const here = panel(page, 'Announce, Acme');
  await here.getByRole('button', { name: 'Add evidence…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add evidence' });
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog.getByRole('alert')).toHaveText('Paste an output, enter a link or choose a file');
  await dialog.getByLabel('Output').fill('told everybody\n');
  await dialog.getByLabel('Name').fill('told.txt');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog).toHaveCount(0);
  const list = here.getByRole('list', { name: 'Evidence' });
  await expect(list.getByRole('link', { name: 'told.txt' })).toBeVisible();
  await expect(here.getByText('added evidence')).toBeVisible();

  await here.getByRole('button', { name: 'Add evidence…' }).click();
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  await dialog.getByLabel('File').setInputFiles({ name: 'screen.png', mimeType: 'image/png', buffer: png });
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(list.getByRole('img', { name: 'screen.png' })).toBeVisible();

  const remove = list.getByRole('button', { name: /Delete told.txt/ });
  await remove.click();
  await expect(remove).toHaveText('Press again to delete');
  await remove.click();
  await expect(list.getByRole('link', { name: 'told.txt' })).toHaveCount(0);
  await expect(here.getByText('removed evidence')).toBeVisible();
});

test('a hook is made for a release, its address shown once, and what is reported to it marks the step', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await page.getByLabel('More: edit, steps, clone, archive, print').click();
  await page.getByRole('link', { name: 'CI hooks' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'CI hooks' })).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Jenkins');
  await page.getByRole('button', { name: 'Create hook' }).click();
  const line = page.getByRole('status').getByText(/^curl /);
  await expect(line).toBeVisible();
  const address = (await line.textContent())!.match(/'(http[^']+)'/)![1];
  await expect(page.getByRole('row', { name: /Jenkins/ })).toBeVisible();

  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customer: 'acme', step: 'Announce', status: 'done', url: 'https://ci.example.com/7' }),
  });
  expect(answer.status).toBe(202);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await expect(page.getByRole('gridcell', { name: /Step 1 Announce, Acme, eu-west: done by Jenkins/ })).toBeVisible();
  const link = panel(page, 'Announce, Acme').getByRole('link', { name: 'https://ci.example.com/7' });
  await expect(link).toHaveAttribute('href', 'https://ci.example.com/7');

  await open(`/releases/${june}/hooks`);
  await expect(page.getByText(/^curl /)).toHaveCount(0);
  await page.getByRole('button', { name: 'Delete Jenkins' }).click();
  await expect(page.getByText('No hooks yet. CI reports to one')).toBeVisible();
});
