// Activation of a release and adding customers: the selection starts empty, whole clusters can be selected, a dry run shows
// what will be created; by mouse and by keyboard; and every error.
import { test, expect } from '../fixtures/app';
import { activeJune, june as draftJune, people } from '../fixtures/world';

test('clusters have three states, and a filter narrows what all means', async ({ page, open, server }) => {
  const { june } = await draftJune(server);
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  const box = (name: string | RegExp) => dialog.getByRole('checkbox', { name });
  await expect(dialog.getByText('Selected 0 of 3 customers')).toBeVisible();
  await expect(dialog.getByRole('checkbox', { checked: true })).toHaveCount(0);
  const activate = dialog.getByRole('button', { name: 'Activate', exact: true });
  await expect(activate).toHaveAttribute('aria-disabled', 'true');
  await expect(activate).toHaveAccessibleDescription('Choose at least one customer');
  await activate.click({ force: true });
  await expect(dialog).toBeVisible();
  await box(/^Acme/).check();
  await expect(box(/^eu-west/)).toBeChecked({ indeterminate: true });
  await expect(dialog.getByText('1 of 2', { exact: true })).toBeVisible();
  await box(/^Globex/).check();
  await expect(box(/^eu-west/)).toBeChecked();
  await box(/^eu-west/).uncheck();
  await expect(dialog.getByText('Selected 0 of 3 customers')).toBeVisible();
  await expect(box(/^Acme/)).not.toBeChecked();
  // What is hidden is left alone.
  await dialog.getByRole('searchbox', { name: 'Filter customers' }).fill('glo');
  await expect(box(/^Acme/)).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Select all', exact: true }).click();
  await expect(dialog.getByText('Selected 1 of 3 customers')).toBeVisible();
  await dialog.getByRole('searchbox', { name: 'Filter customers' }).fill('');
  await expect(box(/^Globex/)).toBeChecked();
  await expect(box(/^Acme/)).not.toBeChecked();
  await dialog.getByRole('button', { name: 'Select all', exact: true }).click();
  await expect(dialog.getByText('Selected 3 of 3 customers')).toBeVisible();
  await expect(dialog.getByText('in 2 clusters')).toBeVisible();
  await dialog.getByRole('searchbox', { name: 'Filter customers' }).fill('nobody');
  await expect(dialog.getByText('None of the 3 customers matches the filter.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Clear the filter' }).click();
  await dialog.getByRole('button', { name: 'Deselect all' }).click();
  await expect(dialog.getByText('Selected 0 of 3 customers')).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
});

test('by keyboard, with the dry run before and the matrix after', async ({ page, open, server }) => {
  const { june } = await draftJune(server);
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Activate…' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  await expect(dialog.getByRole('searchbox', { name: 'Filter customers' })).toBeFocused();
  await page.keyboard.type('us-east');
  await expect(dialog.getByRole('checkbox', { name: /^Acme/ })).toHaveCount(0);
  for (const name of ['Select all', 'Deselect all']) {
    await page.keyboard.press('Tab');
    await expect(dialog.getByRole('button', { name, exact: true })).toBeFocused();
  }
  await page.keyboard.press('Tab');
  await expect(dialog.getByRole('checkbox', { name: /^us-east/ })).toBeFocused();
  await page.keyboard.press('Space');
  await expect(dialog.locator('.figures')).toContainText('Cells to create4');
  const missing = dialog.getByRole('table', { name: 'Unresolved variables' });
  await expect(missing.getByRole('columnheader', { name: /var.HOST/ })).toContainText('Upgrade');
  await expect(missing.getByRole('link', { name: /Initech/ })).toHaveAttribute('href', /\/customers\/\d+\/edit/);
  const activate = dialog.getByRole('button', { name: 'Activate', exact: true });
  await activate.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Initech, us-east: pending' })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: /Acme/ })).toHaveCount(0);
  // The button that was pressed is gone: the keyboard is in the grid.
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Initech' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('gridcell', { name: 'Step 2 Migrate schema, Initech' })).toBeFocused();
  await page.keyboard.press('d');
  await expect(page.getByRole('gridcell', { name: 'Step 2 Migrate schema, Initech, us-east: done by Ana' })).toBeVisible();
});

test('only the answer to the last question counts', async ({ page, open, server }) => {
  const { june } = await draftJune(server);
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  let answer = () => {};
  const held = new Promise<void>(free => answer = free);
  let n = 0;
  await page.route('**/rpc/preview_customers', async route => {
    n += 1;
    if (n === 1) await held;
    await route.continue();
  });
  await dialog.getByRole('checkbox', { name: /^Acme/ }).check();
  await dialog.getByRole('checkbox', { name: /^Globex/ }).check();
  await expect(dialog.locator('.figures')).toContainText('Customers2');
  const late = page.waitForResponse('**/rpc/preview_customers');
  answer();
  await late;
  await expect(dialog.locator('.figures')).toContainText('Customers2');
  await expect(dialog.locator('.figures')).toContainText('Cells to create8');
});

test('customers are added, and only those are offered that are not in', async ({ page, open, server }) => {
  const world = await draftJune(server);
  await server.call('activate_release', { id: world.june, customers: [world.acme] });
  await open(`/releases/${world.june}`);
  await page.getByRole('button', { name: 'Add customers…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add customers to June' });
  await expect(dialog.getByText('Selected 0 of 2 customers')).toBeVisible();
  await expect(dialog.getByRole('checkbox', { name: /^Acme/ })).toHaveCount(0);
  await dialog.getByRole('checkbox', { name: /^Globex/ }).check();
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Globex' })).toBeVisible();
  await page.getByRole('button', { name: 'Add customers…' }).click();
  await expect(dialog.getByText('Selected 0 of 1 customers')).toBeVisible();
  await expect(dialog.getByRole('checkbox', { name: /^Globex/ })).toHaveCount(0);
  // As it is when the dialog opens, whatever others did since the page was read.
  await page.keyboard.press('Escape');
  await server.call('remove_customers', { id: world.june, customers: [world.acme] });
  await page.getByRole('button', { name: 'Add customers…' }).click();
  await expect(dialog.getByRole('checkbox', { name: /^Acme/ })).toBeVisible();
});

test('refusals are said in full, and cost no choice', async ({ page, open, server }) => {
  const world = await draftJune(server);
  await open(`/releases/${world.june}`);
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  await dialog.getByRole('checkbox', { name: /^Acme/ }).check();
  await server.call('deactivate_customer', { id: world.initech });
  await dialog.getByRole('checkbox', { name: /^Initech/ }).check();
  await expect(dialog.getByRole('alert').first()).toContainText('Not active: Initech.');
  await dialog.getByRole('button', { name: 'Activate', exact: true }).click();
  await expect(dialog.getByRole('alert').last()).toContainText('Not active: Initech.');
  await expect(dialog.getByText('Selected 2 of 3 customers')).toBeVisible();
  await dialog.getByRole('checkbox', { name: /^Initech/ }).uncheck();
  await dialog.getByRole('button', { name: 'Activate', exact: true }).click();
  await expect(page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' })).toBeVisible();
});

test('a release without steps says what it lacks', async ({ page, open, server }) => {
  await people(server);
  const release = await server.call('create_release', { draft: { name: 'Empty', type: 'release' } });
  await open(`/releases/${release}`);
  await expect(page.getByRole('link', { name: 'Import a runbook' })).toBeVisible();
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate Empty' });
  await dialog.getByRole('checkbox', { name: /^Acme/ }).check();
  await expect(dialog.getByRole('alert')).toContainText('The release has no steps: add at least one before activating it.');
});

test('a thousand customers are filtered at once', async ({ page, open, server }) => {
  const { june, eu } = await draftJune(server);
  const lines = Array.from({ length: 1000 }, (_, n) => `Customer ${String(n).padStart(4, '0')}, c${n}`);
  await server.call('import_customers', { request: { text: lines.join('\n'), clusterId: eu } });
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  await expect(dialog.getByText('Selected 0 of 1,003 customers')).toBeVisible();
  const search = dialog.getByRole('searchbox', { name: 'Filter customers' });
  const took = await search.evaluate(async (input: HTMLInputElement) => {
    const times: number[] = [];
    for (const text of ['c', 'cu', '09', '', 'c99', '']) {
      const began = performance.now();
      input.value = text;
      input.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise(painted => requestAnimationFrame(() => setTimeout(painted)));
      times.push(Math.round(performance.now() - began));
    }
    return times;
  });
  console.log(`a key in the dialog's filter of 1,000 customers to its paint: ${took.join(', ')} ms`);
  await search.fill('0777');
  await dialog.getByRole('button', { name: 'Select all', exact: true }).click();
  await expect(dialog.getByText('Selected 1 of 1,003 customers')).toBeVisible();
  await search.fill('');
  await dialog.getByRole('button', { name: 'Select all', exact: true }).click();
  await expect(dialog.getByText('Selected 1,003 of 1,003 customers')).toBeVisible();
  await expect(dialog.locator('.figures')).toContainText('Cells to create4,012');
  // What is missing is listed in the order of the choice, and can be reached to its end.
  const missing = dialog.getByRole('table', { name: 'Unresolved variables' }).getByRole('link', { name: /^(Customer|Initech)/ });
  await expect(missing.first()).toContainText('Customer 0000');
  await missing.last().hover();
  await expect(dialog.getByText('and 801 more')).toBeAttached();
});

test('Escape in the dialog of an activation keeps who is chosen and what is typed', async ({ page, open, server }) => {
  const { june } = await draftJune(server);
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  await dialog.getByRole('checkbox', { name: /^Initech/ }).check();
  await dialog.getByLabel('var.HOST for Initech').fill('initech.example');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await page.getByRole('button', { name: 'Activate…' }).click();
  await expect(dialog.getByText('Selected 1 of 3 customers')).toBeVisible();
  await expect(dialog.getByRole('checkbox', { name: /^Initech/ })).toBeChecked();
  await expect(dialog.getByLabel('var.HOST for Initech')).toHaveValue('initech.example');
});

test('a second dialog is fresh', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('create_customer', { draft: { name: 'Hooli', clusterId: 1, namespace: 'hooli' } });
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Add customers…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add customers to June' });
  await dialog.getByRole('checkbox', { name: /^Hooli/ }).check();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await page.getByRole('button', { name: 'Add customers…' }).click();
  await expect(dialog.getByText('Selected 0 of 1 customers')).toBeVisible();
});
