// The main workflow, once by mouse and once by keyboard: two clusters, three customers, a release with deploy and verify
// steps in bash, SQL and text, activated for selected customers, and worked through in the matrix until it is complete.
import { test, expect, live } from '../fixtures/app';
import { activeJune } from '../fixtures/world';

const steps = [
  ['Announce', 'Deploy', 'text', 'Tell {{customer.name}} that it starts.'],
  ['Migrate schema', 'Deploy', 'sql', 'SELECT {{customer.namespace | quote}};'],
  ['Upgrade', 'Deploy', 'bash', 'helm upgrade api --namespace {{customer.namespace}}'],
  ['Check', 'Verify', 'bash', 'kubectl -n {{customer.namespace}} get pods'],
];

test('by mouse, from an empty database to a complete release', async ({ page, open }) => {
  await open('/');
  await page.getByRole('link', { name: 'Add cluster' }).click();
  for (const [index, cluster] of ['eu-west', 'us-east'].entries()) {
    if (index > 0) {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Clusters' }).click();
      await page.getByRole('link', { name: 'New cluster' }).click();
    }
    await page.getByLabel('Name', { exact: true }).fill(cluster);
    await page.getByLabel('Kubeconfig path').fill(`/etc/rollcall/${cluster}.yaml`);
    await page.getByRole('button', { name: 'Create cluster' }).click();
    await expect(page.getByRole('heading', { level: 1, name: cluster })).toBeVisible();
  }
  for (const [name, cluster] of [['Acme', 'eu-west'], ['Globex', 'eu-west'], ['Initech', 'us-east']]) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Customers' }).click();
    await page.getByRole('link', { name: 'New customer' }).click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Cluster', { exact: true }).selectOption({ label: cluster });
    await page.getByLabel('Namespace').fill(name.toLowerCase());
    await page.getByRole('button', { name: 'Create customer' }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  }
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Releases' }).click();
  await page.getByRole('link', { name: 'New release' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('June');
  await page.getByLabel('Version number').fill('6.0');
  await page.getByRole('button', { name: 'Create release' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Steps' })).toBeVisible();
  for (const [name, category, type, content] of steps) {
    await page.getByRole('button', { name: 'Add step', exact: true }).first().click();
    const editor = page.getByRole('region', { name: 'New step' });
    await editor.getByLabel('Name').fill(name);
    await editor.getByLabel('Category').selectOption({ label: category });
    await editor.getByLabel('Type').selectOption(type);
    await editor.getByLabel('Content').fill(content);
    await editor.getByRole('button', { name: 'Add step' }).click();
    await expect(page.getByRole('listitem').filter({ hasText: name })).toBeVisible();
    await expect(editor).toHaveCount(0);
  }
  await page.getByRole('link', { name: 'Release', exact: true }).click();
  await page.getByRole('button', { name: 'Activate…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activate June' });
  await expect(dialog.getByText('Selected 0 of 3 customers')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Activate', exact: true })).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByLabel('eu-west').check();
  await dialog.getByLabel('Initech').check();
  await expect(dialog.getByText('Selected 3 of 3 customers')).toBeVisible();
  await expect(dialog.locator('.figures')).toContainText('12');
  await dialog.getByRole('button', { name: 'Activate', exact: true }).click();
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await expect(cell('Step 2 Migrate schema, Acme, eu-west: pending')).toBeVisible();

  // One cell by its panel: copied, done.
  await cell('Step 1 Announce, Acme, eu-west').dblclick();
  const panel = page.getByRole('complementary', { name: 'Announce, Acme' });
  await expect(panel).toContainText('Tell Acme that it starts.');
  await panel.getByRole('button', { name: 'Mark done' }).click();
  await expect(cell('Step 1 Announce, Acme, eu-west: done by Ana Ferreira')).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'Marked Announce done for Acme' })).toBeVisible();
  await panel.getByRole('button', { name: 'Next step' }).click();
  const next = page.getByRole('complementary', { name: 'Migrate schema, Acme' });
  await expect(next).toContainText("SELECT 'acme';");
  await next.getByRole('button', { name: 'Skip…' }).click();
  const reason = page.getByRole('dialog');
  await reason.getByRole('button', { name: 'Skip' }).click();
  await expect(reason.getByText('Enter a reason')).toBeVisible();
  await reason.getByLabel('Reason').fill('no schema here');
  await reason.getByRole('button', { name: 'Skip' }).click();
  await expect(cell('Step 2 Migrate schema, Acme, eu-west: skipped by Ana Ferreira')).toBeVisible();
  await page.getByRole('button', { name: 'Close the panel' }).click();

  // The rest as a rectangle.
  await cell('Step 1 Announce, Acme, eu-west').click();
  await cell('Step 4 Check, Initech, us-east').click({ modifiers: ['Shift'] });
  await page.getByRole('toolbar', { name: 'Actions on the selection' }).getByRole('button', { name: 'Mark done' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Marked 10 cells done' })).toBeVisible();
  await expect(page.getByText('12 of 12 cells')).toBeVisible();
});

test('by keyboard alone, through the matrix until it is complete', async ({ page, open, server }) => {
  const world = await activeJune(server);
  await server.call('update_customer', { id: world.initech, draft: { name: 'Initech', clusterId: world.us, namespace: 'initech', metadata: { HOST: 'initech.example' } }, version: 1 });
  await open(`/releases/${world.june}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await page.getByRole('button', { name: 'roomy' }).focus();
  await page.keyboard.press('Tab');
  await expect(cell('Step 1 Announce, Acme')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await expect(cell('Step 2 Migrate schema, Globex')).toBeFocused();
  await page.keyboard.press('i');
  await expect(cell('Step 2 Migrate schema, Globex, eu-west: in progress by Ana Ferreira')).toBeFocused();
  await page.keyboard.press('d');
  await expect(cell('Step 2 Migrate schema, Globex, eu-west: done by Ana Ferreira')).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(cell('Step 2 Migrate schema, Globex, eu-west: in progress')).toBeVisible();
  await page.keyboard.press('Tab');
  await cell('Step 2 Migrate schema, Globex').focus();
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: 'Announce, Acme' });
  await expect(panel).toBeVisible();
  await expect(page).toHaveURL(/step=\d+/);
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await page.keyboard.press('f');
  await page.getByLabel('Reason').fill('nobody answers');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(cell('Step 1 Announce, Acme, eu-west: failed by Ana Ferreira')).toBeVisible();
  await page.getByRole('button', { name: 'Close the panel' }).press('Enter');
  await expect(cell('Step 1 Announce, Acme')).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('d');
  await expect(page.getByText('12 of 12 cells')).toBeVisible();
});

test('a second person sees who was faster, and nothing changes', async ({ page, open, server }) => {
  const world = await activeJune(server);
  await open(`/releases/${world.june}`);
  // Copies are made customer by customer in the order of their names: the first is Acme's first step.
  await fetch(`${server.url}/rpc/act_on_step`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-rollcall-user': 'Jonas' }, body: JSON.stringify({ id: 1, action: 'done', reason: null, allow_unresolved: false }) });
  await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).click();
  await page.keyboard.press('d');
  await expect(page.getByRole('status').filter({ hasText: 'Already done by Jonas' })).toBeVisible();
});

test('a step with a missing value is neither copied nor done without saying so', async ({ page, open, server }) => {
  const world = await activeJune(server);
  await open(`/releases/${world.june}`);
  await page.getByRole('gridcell', { name: 'Step 3 Upgrade, Initech' }).dblclick();
  const panel = page.getByRole('complementary', { name: 'Upgrade, Initech' });
  await panel.getByRole('button', { name: 'Mark done' }).click();
  await expect(panel.getByText('var.HOST not set.')).toBeVisible();
  await expect(page.getByRole('gridcell', { name: 'Step 3 Upgrade, Initech, us-east: pending' })).toBeVisible();
  await panel.getByRole('button', { name: 'Mark done anyway' }).click();
  await expect(page.getByRole('gridcell', { name: 'Step 3 Upgrade, Initech, us-east: done' })).toBeVisible();
});

test('the copied text says whom it is for', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const world = await activeJune(server);
  await open(`/releases/${world.june}`);
  await page.getByRole('gridcell', { name: 'Step 2 Migrate schema, Globex' }).dblclick();
  const panel = page.getByRole('complementary', { name: 'Migrate schema, Globex' });
  await panel.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(panel.getByRole('button', { name: 'Copied for Globex (eu-west)' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("-- Globex | eu-west | globex | June, step 2 Migrate schema\nSELECT 'globex';");
  await page.reload();
  await live(page);
  await expect(panel).toBeVisible();
});
