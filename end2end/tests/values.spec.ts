// Missing values are set where they are met: in the panel, in run mode, in the activation dialog and on the dashboard (R103).
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { other, step } from '../fixtures/other';
import { activeJune, june as draftJune } from '../fixtures/world';

const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
const said = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });
const VALUE = 'Value of var.HOST';

test('a missing value is set in the panel, and the step is free at once', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.initech.upgrade}`);
  const here = panel(page, 'Upgrade, Initech');
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(here.getByText('var.HOST not set.')).toBeVisible();
  await here.getByLabel(VALUE).fill('initech.example');
  await here.getByLabel(VALUE).press('Enter');
  await expect(said(page, 'Set HOST')).toBeVisible();
  await expect(here.getByText('1, all set')).toBeVisible();
  await expect(here.getByText('var.HOST not set.')).toHaveCount(0);
  await expect(here.locator('.ln').last()).toHaveText('curl https://initech.example/healthz');
  await expect(here.getByRole('button', { name: 'Copy', exact: true })).toBeFocused();
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(cell(page, /Step 3 Upgrade, Initech, us-east: done by Ana Ferreira/)).toBeVisible();
});

test('the value is set for the cluster or the release if that is chosen', async ({ page, open, server }) => {
  const { june, us } = await activeJune(server);
  await open(`/releases/${june}?step=${step.initech.upgrade}`);
  const here = panel(page, 'Upgrade, Initech');
  const where = here.getByLabel('Where to set var.HOST');
  await expect(where.locator('option')).toHaveText(['for Initech', 'for us-east', 'for June']);
  await here.getByLabel(VALUE).fill('us.example');
  await where.selectOption({ label: 'for us-east' });
  await expect(here.getByLabel(VALUE)).toHaveValue('us.example');
  await here.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(here.getByText('1, all set')).toBeVisible();
  await open(`/clusters/${us}`);
  await expect(page.locator('.origins')).toContainText('HOSTus.example');
});

test('a value that is typed stays while the panel is closed', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.initech.upgrade}`);
  const here = panel(page, 'Upgrade, Initech');
  await here.getByLabel(VALUE).fill('half');
  await here.getByLabel(VALUE).press('Escape');
  await expect(here).toHaveCount(0);
  await cell(page, 'Step 3 Upgrade, Initech').dblclick();
  await expect(here.getByLabel(VALUE)).toHaveValue('half');
});

test('a value that is typed is asked about before the tab is closed, also on the page that one goes on to', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.initech.upgrade}`);
  const here = panel(page, 'Upgrade, Initech');
  const asks = () => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  await here.getByLabel(VALUE).fill('half');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Customers' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Customers' })).toBeVisible();
  await expect.poll(asks).toBe(true);
  await page.goBack();
  await expect(here.getByLabel(VALUE)).toHaveValue('half');
  await here.getByLabel(VALUE).fill('');
  await expect.poll(asks).toBe(false);
});

test('in run mode a missing value is set where it is met', async ({ page, open, server }) => {
  const { june, initech } = await activeJune(server);
  await open(`/releases/${june}/customer/${initech}?step=${step.initech.upgrade}`);
  const here = page.getByRole('region', { name: 'Upgrade, Initech' });
  await here.getByLabel(VALUE).fill('initech.example');
  await here.getByLabel(VALUE).press('Enter');
  await expect(here.locator('.ln').last()).toHaveText('curl https://initech.example/healthz');
  await expect(here.getByRole('button', { name: 'Copy and start', exact: true })).toBeFocused();
  await expect(page).toHaveURL(new RegExp(`step=${step.initech.upgrade}$`));
});

test('a value that somebody else has set since is asked about', async ({ page, open, server }) => {
  const { june, initech } = await activeJune(server);
  await open(`/releases/${june}?step=${step.initech.upgrade}`);
  const here = panel(page, 'Upgrade, Initech');
  await here.getByLabel(VALUE).fill('mine.example');
  const edit = { place: { Customer: initech }, variable: 'var.HOST', value: 'theirs.example', replaces: false };
  await other(server, 'Jonas')('set_values', { edits: [edit] });
  await here.getByLabel(VALUE).press('Enter');
  await expect(here.getByText(/Jonas changed this at \d\d:\d\d/)).toBeVisible();
  await expect(here.locator('.origins')).toContainText('theirs.example');
  await here.getByRole('button', { name: 'Keep mine' }).click();
  await expect(here.locator('.origins')).toContainText('mine.example');
  await expect(here.getByText(/Jonas changed this at \d\d:\d\d/)).toHaveCount(0);
});

test('values are readable when one is missing', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  const content = 'echo {{var.HOST}} {{var.A_NAME_THAT_TAKES_A_LOT_OF_ROOM_BESIDE_ITS_VALUE}}';
  await server.call('update_template', { id: 3, draft: { name: 'Upgrade', category: 'deploy', type: 'bash', content, description: '' }, version: 1 });
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await expect(here.getByText('1 of 2 missing')).toBeVisible();
  const value = await here.getByRole('definition').filter({ hasText: 'acme.example' }).boundingBox();
  expect(value!.width).toBeGreaterThan(90);
});

test('values are typed in the activation dialog, and Activate saves them first', async ({ page, open, server }) => {
  const { june, us } = await draftJune(server);
  await server.call('create_customer', { draft: { name: 'Hooli', clusterId: us, namespace: 'hooli' } });
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  await dialog.getByRole('checkbox', { name: /^us-east/ }).check();
  await dialog.getByLabel('var.HOST for Hooli').fill('hooli.example');
  await dialog.getByRole('button', { name: 'Save values' }).click();
  await expect(dialog.getByLabel('var.HOST for Hooli')).toHaveCount(0);
  await expect(dialog.getByText('1 value is still missing.')).toBeVisible();
  await dialog.getByLabel('var.HOST for Initech').fill('initech.example');
  await dialog.getByRole('button', { name: 'Activate', exact: true }).click();
  await expect(cell(page, 'Step 3 Upgrade, Initech, us-east: pending')).toBeVisible();
  await cell(page, 'Step 3 Upgrade, Initech').dblclick();
  await expect(panel(page, 'Upgrade, Initech').locator('.ln').last()).toHaveText('curl https://initech.example/healthz');
});

test('for one customer too, the activation dialog sets a value for its cluster or for the release', async ({ page, open, server }) => {
  const { june, us } = await draftJune(server);
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  await dialog.getByRole('checkbox', { name: /^Initech/ }).check();
  for (const whom of ['June', 'us-east', 'Initech']) await expect(dialog.getByLabel(`var.HOST for ${whom}`)).toBeVisible();
  await dialog.getByLabel('var.HOST for us-east').fill('us.example');
  await dialog.getByRole('button', { name: 'Save values' }).click();
  await expect(dialog.getByRole('table', { name: 'Unresolved variables' })).toHaveCount(0);
  await expect(dialog.getByText('still missing')).toHaveCount(0);
  const cluster = await (await fetch(`${server.url}/api/clusters/${us}`)).json();
  expect(cluster.metadata).toEqual({ HOST: 'us.example' });
});

test('Enter in the activation dialog saves a value and goes on to the next one, and never activates', async ({ page, open, server }) => {
  const { june, us } = await draftJune(server);
  await server.call('create_customer', { draft: { name: 'Hooli', clusterId: us, namespace: 'hooli' } });
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  await dialog.getByRole('checkbox', { name: /^us-east/ }).check();
  await dialog.getByLabel('var.HOST for Hooli').fill('hooli.example');
  await page.keyboard.press('Enter');
  await expect(dialog.getByLabel('var.HOST for Initech')).toBeFocused();
  await page.keyboard.type('initech.example');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('heading', { name: 'Preview' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog.getByLabel('var.HOST for Initech')).toHaveCount(0);
  const { status } = await (await fetch(`${server.url}/api/releases/${june}`)).json();
  expect(status).toBe('draft');
});

test('the dashboard sets a value in its table, and many in a table of customers by variables', async ({ page, open, server }) => {
  const { june, initech, eu } = await activeJune(server);
  const hooli = await server.call('create_customer', { draft: { name: 'Hooli', clusterId: eu, namespace: 'hooli' } });
  await server.call('add_customers', { id: june, customers: [hooli] });
  await open('/');
  const missing = page.getByRole('region', { name: 'Missing values' });
  await expect(missing.getByLabel('Where to set var.HOST').locator('option').first()).toHaveText('for June');
  await missing.getByRole('button', { name: 'Set for 2 customers…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Missing values' });
  await expect(dialog.getByLabel('var.HOST for June')).toBeFocused();
  await dialog.getByLabel('var.HOST for Hooli').fill('hooli.example');
  await page.keyboard.press('Enter');
  await expect(dialog.getByLabel('var.HOST for Hooli')).toHaveCount(0);
  await expect(dialog.getByLabel('var.HOST for Initech')).toBeFocused();
  await dialog.locator('.dialog__foot').getByRole('button', { name: 'Close' }).click();
  await missing.getByLabel(VALUE).fill('initech.example');
  await missing.getByLabel(VALUE).press('Enter');
  await expect(said(page, 'Set HOST')).toBeVisible();
  await expect(missing).toHaveCount(0);
  await open(`/customers/${initech}`);
  await expect(page.locator('.origins')).toContainText('HOSTinitech.example');
});
