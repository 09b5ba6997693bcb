// Users and one's own account.
import AxeBuilder from '@axe-core/playwright';
import { test, expect, fillIn, live, PASSWORD } from '../fixtures/people';

test('an admin adds, limits, deactivates and restores a user', async ({ page, team, signIn }) => {
  await signIn('ana', '/users');
  await expect(page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'Users' })).toHaveAttribute('aria-current', 'page');
  await page.getByRole('link', { name: 'New user' }).click();
  await page.getByLabel('Login').fill('Ben Ito');
  await page.getByLabel('Name', { exact: true }).fill('Ben Ito');
  await page.getByRole('radio', { name: 'Operator' }).check();
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Create user' }).click();
  await expect(page.locator('#login-error')).toBeVisible();
  // A password is judged beside its login.
  await page.getByLabel('Login').fill('ben');
  await expect(page.locator('#password-error')).toContainText('12');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create user' }).click();
  const row = page.getByRole('row', { name: /Ben Ito/ });
  await expect(row).toContainText('Operator');
  await row.getByRole('link', { name: 'Ben Ito' }).click();
  await page.getByRole('radio', { name: 'Only some' }).check();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('row', { name: /Ben Ito/ })).toContainText('Some');
  await page.getByRole('link', { name: 'Ben Ito' }).click();
  await page.getByRole('radio', { name: 'Manager' }).check();
  await expect(page.getByRole('radio', { name: 'Only some' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('link', { name: 'Ben Ito' }).click();
  await page.getByRole('button', { name: 'Deactivate' }).click();
  await expect(page.getByRole('button', { name: 'Restore' })).toBeVisible();
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByRole('button', { name: 'Deactivate' })).toBeVisible();
  expect(JSON.parse(team.run(['user', 'list', '--json'])).items).toHaveLength(2);
});

test('the last admin cannot deactivate themselves, and is told why', async ({ page, signIn }) => {
  await signIn('ana', '/users');
  await page.getByRole('link', { name: 'ana of the tests' }).click();
  await page.getByRole('button', { name: 'Deactivate' }).click();
  await expect(page.getByRole('alert')).toContainText('last active admin');
});

test('everybody changes name and password, ends sessions, and makes a token that works', async ({ page, team, signIn, browser }) => {
  team.add('ben', 'operator');
  const elsewhere = await (await browser.newContext()).newPage();
  await elsewhere.goto(`${team.url}/login`);
  await fillIn(elsewhere, 'ben');
  await signIn('ben', '/account');
  await expect(page.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Administration' })).toHaveCount(0);
  await page.getByLabel('Name', { exact: true }).fill('Ben Ito');
  await page.getByRole('button', { name: 'Save name' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Saved Ben Ito' })).toBeVisible();
  const sessions = page.getByRole('table', { name: 'Sessions' });
  await expect(sessions.getByRole('row')).toHaveCount(3);
  await sessions.getByRole('button', { name: 'End' }).click();
  await expect(sessions.getByRole('row')).toHaveCount(2);
  await elsewhere.goto(`${team.url}/`);
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await page.getByLabel('Current password').fill('not the password');
  await page.getByLabel('New password').fill('quite another one');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.locator('#current-error')).toBeVisible();
  await page.getByLabel('Current password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Password changed' })).toBeVisible();
  await page.getByLabel('Token name').fill('nightly');
  await page.getByRole('button', { name: 'Create token' }).click();
  const token = await page.locator('.secret code').textContent();
  expect(token).toMatch(/^rcp_[0-9A-Za-z]{46}$/);
  const asked = (text: string) => fetch(`${team.url}/api/clusters`, { headers: { authorization: `Bearer ${text}` } });
  expect((await asked(token!)).status).toBe(200);
  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await expect(page.getByText('No tokens yet')).toBeVisible();
  expect((await asked(token!)).status).toBe(401);
  await page.reload();
  await live(page);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test('axe finds nothing on the pages of people', async ({ page, team, signIn }) => {
      const problems: string[] = [];
      const look = async (path: string) => {
        await page.goto(team.url + path);
        const found = await new AxeBuilder({ page }).analyze();
        problems.push(...found.violations.map(it => `${path}: ${it.id} ${it.nodes.map(node => node.html.slice(0, 160)).slice(0, 3).join(' | ')}`));
      };
      await look('/login');
      await signIn('ana');
      for (const path of ['/account', '/users', '/users/new', '/users/1/edit']) await look(path);
      expect(problems).toEqual([]);
    });
  });
}
