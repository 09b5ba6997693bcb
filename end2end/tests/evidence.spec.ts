// Evidence of a step (R74), and what CI reports to a release's hook (R63).
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { act, other, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
// From then on the page hears of changes.
const connected = (page: Page) => page.locator('html[data-live]').waitFor({ state: 'attached' });

test.use({ hears: true });

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const screen = { name: 'screen.png', mimeType: 'image/png', buffer: PNG };

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
  await dialog.getByLabel('File').setInputFiles(screen);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(list.getByRole('img', { name: 'screen.png' })).toBeVisible();

  const remove = list.getByRole('button', { name: /Delete told.txt/ });
  await remove.click();
  await expect(remove).toHaveText('Press again to delete');
  await remove.click();
  await expect(list.getByRole('link', { name: 'told.txt' })).toHaveCount(0);
  await expect(here.getByText('removed evidence')).toBeVisible();
});

test('output, link and file are added together, and what is refused stays, with the reason at its field', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await other(server, 'Ben')('act_on_step', act(step.acme.announce, 'done'));
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await connected(page);
  const here = panel(page, 'Announce, Acme');
  const dialog = page.getByRole('dialog', { name: 'Add evidence' });
  const list = here.getByRole('list', { name: 'Evidence' });
  const [output, link, file] = ['Output', 'Link', 'File'].map(it => dialog.getByLabel(it));
  const add = dialog.getByRole('button', { name: 'Add', exact: true });

  await here.getByRole('button', { name: 'Add evidence…' }).click();
  await output.fill('told everybody\n');
  await link.fill('ci.example.com/7');
  await file.setInputFiles(screen);
  await add.click();
  await expect(dialog.getByRole('alert')).toHaveText('Added 2 of 3');
  await expect(link).toHaveAccessibleDescription(/Use an address that begins with http/);
  await expect(link).toBeFocused();
  await expect(link).toHaveValue('ci.example.com/7');
  await expect(output).toHaveValue('');
  await expect(list.getByRole('link', { name: 'output.txt' })).toBeVisible();
  await expect(list.getByRole('img', { name: 'screen.png' })).toBeVisible();
  await link.fill('https://ci.example.com/7');
  await add.click();
  await expect(dialog).toHaveCount(0);
  await expect(list.getByRole('listitem')).toHaveCount(3);
  await expect(list.getByRole('link', { name: 'https://ci.example.com/7' })).toBeVisible();

  // A step has five at most.
  await here.getByRole('button', { name: 'Add evidence…' }).click();
  await output.fill('one more');
  await link.fill('https://ci.example.com/8');
  await file.setInputFiles({ name: 'last.log', mimeType: 'text/plain', buffer: Buffer.from('too many') });
  await add.click();
  await expect(dialog.getByRole('alert')).toHaveText('Added 2 of 3');
  await expect(file).toHaveAccessibleDescription(/5 pieces of evidence at most/);
  await expect(list.getByRole('listitem')).toHaveCount(5);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  const first = list.getByRole('button', { name: /Delete output.txt/ }).first();
  await first.click();
  await expect(first).toHaveText('Press again to delete');
  await first.click();
  await expect(list.getByRole('listitem')).toHaveCount(4);
  await here.getByRole('button', { name: 'Add evidence…' }).click();
  await add.click();
  await expect(dialog).toHaveCount(0);
  await expect(list.getByRole('link', { name: 'last.log' })).toBeVisible();
});

test('Escape and Cancel keep what was typed as evidence of a step, with a way to discard it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  for (const id of [step.acme.announce, step.globex.announce]) await other(server, 'Ben')('act_on_step', act(id, 'done'));
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await connected(page);
  const dialog = page.getByRole('dialog', { name: 'Add evidence' });
  const restored = dialog.getByText('Restored what you typed.');
  const add = (name: string) => panel(page, name).getByRole('button', { name: 'Add evidence…' }).click();
  await add('Announce, Acme');
  await expect(restored).toBeHidden();
  await dialog.getByLabel('Output').fill('told everybody');
  await dialog.getByLabel('File').setInputFiles(screen);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(panel(page, 'Announce, Acme').getByRole('button', { name: 'Add evidence…' })).toBeFocused();
  await add('Announce, Acme');
  await expect(restored).toBeVisible();
  await expect(dialog.getByLabel('Output')).toHaveValue('told everybody');
  await expect(dialog.getByLabel('Output')).toBeFocused();
  await expect(dialog.getByLabel('File')).toHaveValue(/screen\.png$/);
  await dialog.getByLabel('Link').fill('https://ci.example.com/7');
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  // Each step has its own.
  await page.getByRole('gridcell', { name: /Announce, Globex/ }).click();
  await add('Announce, Globex');
  await expect(dialog.getByLabel('Output')).toHaveValue('');
  await page.keyboard.press('Escape');
  await page.getByRole('gridcell', { name: /Announce, Acme/ }).click();
  await add('Announce, Acme');
  await expect(dialog.getByLabel('Link')).toHaveValue('https://ci.example.com/7');
  await dialog.getByRole('button', { name: 'Discard' }).click();
  for (const name of ['Output', 'Link', 'File']) await expect(dialog.getByLabel(name)).toHaveValue('');
  await page.keyboard.press('Escape');
  await add('Announce, Acme');
  await expect(restored).toBeHidden();
  await expect(dialog.getByLabel('Output')).toHaveValue('');
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
