// The main workflow, once by mouse and once by keyboard: two clusters, three customers, a release with deploy and verify
// steps in bash, SQL and text, activated for selected customers, and worked through in the matrix until it is complete.
import { test, expect, live } from '../fixtures/app';
import { activate, addClusters, addCustomers, addRelease, workInThePanel, workOnTheRest } from '../fixtures/main_job';
import { activeJune } from '../fixtures/world';

test('by mouse, from an empty database to a complete release', async ({ page, open }) => {
  await open('/');
  await addClusters(page);
  await addCustomers(page);
  await addRelease(page);
  await activate(page);
  await workInThePanel(page);
  await workOnTheRest(page);
});

test('by keyboard alone, through the matrix until it is complete', async ({ page, open, server }) => {
  const world = await activeJune(server);
  await server.call('update_customer', { id: world.initech, draft: { name: 'Initech', clusterId: world.us, namespace: 'initech', metadata: { HOST: 'initech.example' } }, version: 1 });
  await open(`/releases/${world.june}`);
  const cell = (name: string) => page.getByRole('gridcell', { name });
  await page.getByRole('button', { name: 'roomy' }).focus();
  await page.keyboard.press('Tab');
  await expect(page.locator('summary').filter({ hasText: 'View' })).toBeFocused();
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
