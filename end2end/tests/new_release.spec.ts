// The wizard of a new release: three screens of one form, which can be sent from each.
import { test, expect } from '../fixtures/app';
import { activeJune, people } from '../fixtures/world';
import type { Page } from '@playwright/test';

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const name = (page: Page) => page.getByLabel('Name', { exact: true });
const runbook = (page: Page) => page.getByLabel('Runbook in Markdown');
const box = (page: Page, name: RegExp) => page.getByRole('checkbox', { name });
const imported = (page: Page) => page.getByRole('radio', { name: 'Imported from a Markdown runbook' });

const look = '# Statements\n\nRolls out the statements.\n\n## Look\n\n```bash\ncurl https://{{var.HOST}}\n```\n';

test('going back keeps everything, and an error returns to its screen', async ({ page, open, server }) => {
  await people(server);
  await open('/releases/new');
  await name(page).fill('July');
  await button(page, 'Next').click();
  await imported(page).check();
  await runbook(page).fill(look);
  await page.getByLabel('Name of step 1').fill('Look twice');
  await button(page, 'Next').click();
  await box(page, /^Acme/).check();
  await button(page, 'Back').click();
  await expect(runbook(page)).toHaveValue(look);
  await expect(page.getByLabel('Name of step 1')).toHaveValue('Look twice');
  await button(page, 'Back').click();
  await expect(button(page, 'Back')).toBeHidden();
  await name(page).fill('');
  await page.getByRole('button', { name: '3. Customers' }).click();
  await expect(button(page, 'Next')).toBeHidden();
  await expect(box(page, /^Acme/)).toBeChecked();
  await button(page, 'Create release').click();
  await expect(name(page)).toBeFocused();
  await expect(name(page)).toHaveAccessibleDescription('Enter a name');
  await name(page).fill('July');
  await expect(name(page)).toHaveAccessibleDescription('');
  await button(page, 'Create release').click();
  await expect(page.getByRole('gridcell', { name: 'Step 1 Look twice, Acme, eu-west: pending' })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: /Globex/ })).toHaveCount(0);
});

test('Next stays at the name until there is one', async ({ page, open }) => {
  await open('/releases/new');
  await button(page, 'Next').click();
  await expect(name(page)).toBeFocused();
  await expect(name(page)).toHaveAccessibleDescription('Enter a name');
  await expect(page.getByRole('radio', { name: 'Start empty' })).toBeHidden();
  await name(page).press('Enter');
  await expect(name(page)).toBeFocused();
  await name(page).fill('July');
  await expect(name(page)).toHaveAccessibleDescription('');
  await button(page, 'Next').click();
  await expect(page.getByRole('radio', { name: 'Start empty' })).toBeFocused();
});

test('a field that is wrong is told of on its screen only, and Next leads to it', async ({ page, open }) => {
  await open('/releases/new');
  await page.getByRole('button', { name: '2. Steps' }).click();
  await button(page, 'Create release').click();
  await expect(name(page)).toBeFocused();
  await expect(page.getByRole('alert')).toHaveText('One field needs attention.');
  await button(page, 'Next').click();
  await expect(name(page)).toBeFocused();
  await page.getByRole('button', { name: '2. Steps' }).click();
  await expect(page.getByRole('radio', { name: 'Start empty' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await button(page, 'Create release').click();
  await expect(name(page)).toBeFocused();
  await name(page).fill('July');
  await button(page, 'Next').click();
  await expect(name(page)).toBeHidden();
});

test('Next asks for the runbook that is to be imported, and keeps what is typed', async ({ page, open }) => {
  await open('/releases/new');
  await name(page).fill('July');
  await button(page, 'Next').click();
  await imported(page).check();
  await expect(runbook(page)).not.toHaveAccessibleDescription(/Paste a runbook/);
  await button(page, 'Next').click();
  await expect(runbook(page)).toBeFocused();
  await expect(runbook(page)).toHaveAccessibleDescription(/Paste a runbook, or choose another way to start/);
  await expect(imported(page)).toBeChecked();
  await page.getByRole('radio', { name: 'Start empty' }).check();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await imported(page).check();
  await button(page, 'Next').click();
  await expect(runbook(page)).toBeFocused();
  await runbook(page).fill(look);
  await expect(page.getByLabel('Name of step 1')).toBeVisible();
  await button(page, 'Next').click();
  await expect(button(page, 'Next')).toBeHidden();
  await page.getByRole('button', { name: '1. Details' }).click();
  await expect(name(page)).toHaveValue('July');
});

test('a release to clone that has no steps says so', async ({ page, open, server }) => {
  await server.call('create_release', { draft: { name: 'Empty', type: 'release' } });
  await open('/releases/new');
  await name(page).fill('July');
  await button(page, 'Next').click();
  await page.getByRole('radio', { name: 'Cloned from another release' }).check();
  await button(page, 'Next').click();
  await expect(page.getByLabel('Release to clone')).toHaveAccessibleDescription('Choose a release');
  await page.getByLabel('Release to clone').selectOption({ label: 'Empty' });
  await expect(page.getByText('No steps to copy.')).toBeVisible();
});

test('what the server refuses returns to its screen too, and nothing is half done', async ({ page, open, server }) => {
  const { globex } = await people(server);
  await open('/releases/new?import');
  await name(page).fill('July');
  await page.getByRole('button', { name: '2. Steps' }).click();
  await expect(imported(page)).toBeChecked();
  await runbook(page).fill(look);
  await expect(page.getByLabel('Name of step 1')).toBeVisible();
  await button(page, 'Next').click();
  await box(page, /^Globex/).check();
  await expect(page.locator('.figures')).toContainText('Cells to create1');
  await server.call('deactivate_customer', { id: globex });
  await button(page, 'Back').click();
  await button(page, 'Create release').click();
  await expect(page.getByText('Not active: Globex').first()).toBeVisible();
  await expect(box(page, /^Globex/)).toBeChecked();
  const releases = await (await fetch(`${server.url}/api/releases`)).json();
  expect(releases.items).toEqual([]);
  await box(page, /^Globex/).uncheck();
  await button(page, 'Create release').click();
  await expect(heading(page, 'Steps')).toBeVisible();
});

test('only some steps of another release are taken', async ({ page, open, server }) => {
  await activeJune(server);
  await open('/releases/new');
  await name(page).fill('July');
  await button(page, 'Next').click();
  await page.getByRole('radio', { name: 'Cloned from another release' }).check();
  await page.getByLabel('Release to clone').selectOption({ label: 'June' });
  const steps = page.getByRole('group', { name: 'Steps to copy' });
  await expect(steps.getByRole('checkbox', { checked: true })).toHaveCount(4);
  await steps.getByRole('checkbox', { name: /^Migrate schema/ }).uncheck();
  // Another source in between changes nothing of it.
  await page.getByRole('radio', { name: 'Start empty' }).check();
  await page.getByRole('radio', { name: 'Cloned from another release' }).check();
  await expect(steps.getByRole('checkbox', { checked: true })).toHaveCount(3);
  await button(page, 'Create release').click();
  await expect(heading(page, 'Steps')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'Upgrade' })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'Migrate schema' })).toHaveCount(0);
});

test('what an activation would do is shown before the release is made', async ({ page, open, server }) => {
  await people(server);
  await open('/releases/new');
  await page.getByRole('button', { name: '3. Customers' }).click();
  await expect(page.getByRole('searchbox', { name: 'Filter customers' })).toBeFocused();
  await box(page, /^Initech/).check();
  await expect(page.getByRole('alert')).toContainText('The release has no steps: add at least one before activating it.');
  await button(page, 'Back').click();
  await imported(page).check();
  await runbook(page).fill(look);
  await expect(page.getByLabel('Name of step 1')).toBeVisible();
  await button(page, 'Next').click();
  await button(page, 'Select all').click();
  await expect(page.locator('.figures')).toContainText('Cells to create3');
  const missing = page.getByRole('table', { name: 'Unresolved variables' });
  await expect(missing.getByRole('row', { name: /var.HOST/ })).toContainText('Initech');
  await expect(page.getByText('1 value is still missing.')).toBeVisible();
});

test('a runbook names the release where nothing is typed', async ({ page, open }) => {
  await open('/releases/new?import');
  await button(page, 'Next').click();
  await expect(imported(page)).toBeChecked();
  await runbook(page).fill(look);
  await expect(page.getByLabel('Name of step 1')).toBeVisible();
  await button(page, 'Back').click();
  await expect(name(page)).toHaveValue('Statements');
  await expect(page.getByLabel('Description')).toHaveValue('Rolls out the statements.');
  await button(page, 'Create release').click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Look' })).toBeVisible();
});

test('a runbook that cannot be imported is not sent', async ({ page, open }) => {
  await open('/releases/new?import');
  await name(page).fill('July');
  await page.getByRole('button', { name: '2. Steps' }).click();
  await runbook(page).fill('## Look\n');
  await page.getByRole('button', { name: '1. Details' }).click();
  await button(page, 'Create release').click();
  await expect(runbook(page)).toBeFocused();
  await expect(runbook(page)).toHaveAccessibleDescription(/Fix the errors above/);
  await runbook(page).fill(look);
  await expect(runbook(page)).not.toHaveAccessibleDescription(/Fix the errors/);
  // Until the text is read it cannot be sent.
  await expect(page.getByLabel('Name of step 1')).toHaveValue('Look');
  await button(page, 'Create release').click();
  await expect(heading(page, 'Steps')).toBeVisible();
});
