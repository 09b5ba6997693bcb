// Proof is of the text that was shown: a text that changed meanwhile is asked about, in panel, grid and run mode.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { other, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
const question = (page: Page) => page.getByRole('dialog', { name: 'The text changed since you saw it' });
const draft = (eu: number, host: string) => ({ name: 'Acme', clusterId: eu, namespace: 'acme', metadata: { HOST: host } });

test('a value that changed elsewhere stops the mark, and the history proves what was on the page', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await expect(here.locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page).getByText(/HOST changed .*\d\d:\d\d by Jonas: acme.example -> new.example/)).toBeVisible();
  const both = question(page).getByRole('region', { name: 'As you saw it and Now' });
  await expect(both).toContainText('curl https://acme.example/healthz');
  await expect(both).toContainText('curl https://new.example/healthz');
  await question(page).getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page)).toHaveCount(0);
  await here.getByText('Text as shown, SHA-256').click();
  await expect(here.getByRole('region', { name: 'Text as shown' })).toContainText('new.example');
});

test('what was copied counts as shown, and another text on screen is asked about before anything is sent', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: /^Copy/ }).first().click();
  await expect(here.getByRole('button', { name: /^Copied/ })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.getByLabel('Notes').fill('read again');
  await here.getByLabel('Notes').press('Control+Enter');
  await expect(here.locator('var', { hasText: 'new.example' })).toBeVisible();
  await expect(here.getByText(/HOST changed .* by Jonas: acme.example -> new.example/)).toBeVisible();
  const sent: string[] = [];
  page.on('request', (it) => { if (it.url().includes('/rpc/act_on_step')) sent.push(it.postData() ?? ''); });
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(question(page)).toContainText('curl https://new.example/healthz');
  expect(sent).toEqual([]);
  await question(page).getByRole('button', { name: 'Mark done' }).click();
  await expect(here.getByText('Text as shown, SHA-256')).toBeVisible();
  expect(sent).toHaveLength(1);
});

test('run mode asks too, and Cancel shows the text as it is now', async ({ page, open, server }) => {
  const { june, acme, eu } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.upgrade}`);
  const here = page.getByRole('region', { name: 'Upgrade, Acme' });
  await expect(here.locator('var', { hasText: 'acme.example' })).toBeVisible();
  await other(server, 'Jonas')('update_customer', { id: acme, draft: draft(eu, 'new.example'), version: 1 });
  await here.press('d');
  await expect(question(page)).toContainText('new.example');
  await question(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(here.locator('var', { hasText: 'new.example' })).toBeVisible();
});
