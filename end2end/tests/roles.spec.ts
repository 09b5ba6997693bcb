// What pages leave out: a role sees no button for what it can never do.
import { test, expect, june, live } from '../fixtures/people';
import { step } from '../fixtures/other';

test.use({ users: 'ana:admin vera:viewer olga:operator' });

test('a viewer sees no button that changes something', async ({ page, team, signIn }) => {
  const world = await june(team);
  await signIn('vera');
  for (const path of ['/', '/clusters', '/customers', '/releases', `/customers/${world.acme}`, `/releases/${world.june}`]) {
    await page.goto(team.url + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    for (const name of [/^New /, /^Add /, /^Paste/, /^Edit/, /^Deactivate/, /^Undo/, /^Archive/]) {
      await expect(page.locator('main').getByRole('link', { name })).toHaveCount(0);
      await expect(page.locator('main').getByRole('button', { name })).toHaveCount(0);
    }
  }
  await page.goto(`${team.url}/releases/${world.june}/customer/${world.acme}`);
  await expect(page.getByRole('button', { name: 'Mark done' })).toHaveCount(0);
  // A key says that the role is the reason.
  for (const path of [`/releases/${world.june}/customer/${world.acme}?step=${step.acme.announce}`, `/releases/${world.june}`]) {
    await page.goto(team.url + path);
    await live(page);
    if (!path.includes('customer')) await page.getByRole('gridcell', { name: 'Step 2 Migrate schema, Globex' }).click();
    await page.keyboard.press('d');
    await expect(page.getByRole('status').filter({ hasText: 'You need the Operator role to change steps' })).toBeVisible();
  }
  await page.getByLabel('More actions').click();
  await expect(page.getByRole('button', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.goto(`${team.url}/clusters/new`);
  await expect(page.locator('body')).toContainText('manager');
});

test('runners are for admins, and runs in the navigation of whoever runs something', async ({ page, team, signIn }) => {
  await june(team);
  const links = page.getByRole('navigation', { name: 'Administration' }).getByRole('link');
  const expectRefused = async () => {
    await page.goto(`${team.url}/runners`);
    await expect(page.locator('body')).toContainText('role admin');
    await expect(page.getByRole('button', { name: 'Create runner' })).toHaveCount(0);
  };
  await signIn('vera');
  await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
  await expect(links).toHaveCount(0);
  await expectRefused();
  await page.goto(`${team.url}/runs`);
  await expect(page.getByText('No runs yet')).toBeVisible();
  await page.context().clearCookies();
  await signIn('olga');
  await expect(links).toHaveText(['Runs']);
  await expectRefused();
  await page.context().clearCookies();
  await signIn('ana');
  await expect(links).toHaveText(['Users', 'Webhooks', 'Runners', 'Runs']);
  await links.getByText('Runners').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Runners' })).toBeVisible();
});

test('the menu of a person leads to the guide', async ({ page, signIn }) => {
  await signIn('vera');
  await page.getByLabel('You: vera of the tests').click();
  const link = page.getByRole('link', { name: 'Guide', exact: true });
  const [tab] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
  await expect(tab.getByRole('heading', { level: 1, name: 'Rollcall guide' })).toBeVisible();
});

test('without the right to edit customers there is no field for a missing value', async ({ page, team, signIn }) => {
  const world = await june(team);
  await signIn('olga', `/releases/${world.june}?step=${step.initech.upgrade}`);
  const here = page.getByRole('complementary', { name: 'Upgrade, Initech' });
  await expect(here.getByText('Set on Initech, us-east, June')).toBeVisible();
  await expect(here.getByLabel('Value of var.HOST')).toHaveCount(0);
  await expect(here.getByRole('link', { name: 'Initech' })).toHaveCount(0);
});

test('an operator works and plans nothing', async ({ page, team, signIn }) => {
  const world = await june(team);
  await signIn('olga', `/releases/${world.june}/customer/${world.acme}?step=${step.acme.announce}`);
  await page.getByRole('button', { name: 'Mark done' }).click();
  await expect(page.locator('main')).toContainText('olga of the tests');
  await page.goto(`${team.url}/releases/${world.june}`);
  await expect(page.getByRole('button', { name: 'Add customers…' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await page.goto(`${team.url}/releases/${world.june}/steps`);
  await expect(page.getByRole('button', { name: 'Import runbook…' })).toHaveCount(0);
});
