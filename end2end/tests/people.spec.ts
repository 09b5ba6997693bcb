// Users and one's own account.
import { violations } from '../fixtures/axe';
import { test, expect, fillIn, june, live, PASSWORD } from '../fixtures/people';

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
  await page.getByRole('button', { name: 'Create user' }).press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Users' })).toBeFocused();
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
  // Both leave the form as it is, and what is typed can be saved after them.
  await page.getByLabel('Email').fill('ben@example.com');
  await page.getByRole('button', { name: 'Deactivate' }).click();
  await expect(page.getByRole('button', { name: 'Restore' })).toBeVisible();
  await expect(page.locator('.page__title .badge')).toHaveText('Inactive');
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByRole('button', { name: 'Deactivate' })).toBeVisible();
  await expect(page.locator('.page__title .badge')).toHaveCount(0);
  await expect(page.getByLabel('Email')).toHaveValue('ben@example.com');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Users' })).toBeVisible();
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
  await expect(page.getByRole('navigation', { name: 'Administration' }).getByRole('link')).toHaveText(['Runs']);
  await page.getByLabel('Name', { exact: true }).fill('Ben Ito');
  await page.getByRole('button', { name: 'Save name' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Saved Ben Ito' })).toBeVisible();
  // Also at the foot of the sidebar, at once.
  await expect(page.getByLabel('You: Ben Ito')).toBeVisible();
  const sessions = page.getByRole('table', { name: 'Sessions' });
  await expect(sessions.getByRole('row')).toHaveCount(3);
  await sessions.getByRole('button', { name: /^End session, Chrome on Linux, \d\d:\d\d$/ }).press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'Session ended' })).toBeVisible();
  await expect(sessions.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('heading', { name: 'Sessions' })).toBeFocused();
  await elsewhere.goto(`${team.url}/`);
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await page.getByLabel('Current password').fill('not the password');
  await page.getByLabel('New password').fill('quite another one');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.locator('#current-error')).toHaveText('Wrong password');
  await expect(page.getByLabel('Current password')).toBeFocused();
  await page.getByLabel('Current password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Password changed' })).toBeVisible();
  await page.getByLabel('Token name').fill('nightly');
  await page.getByRole('button', { name: 'Create token' }).click();
  const token = await page.locator('.secret code').textContent();
  expect(token).toMatch(/^rcp_[0-9A-Za-z]{46}$/);
  const asked = (text: string) => fetch(`${team.url}/api/clusters`, { headers: { authorization: `Bearer ${text}` } });
  await expect(page.getByRole('button', { name: 'Copy' })).toBeFocused();
  expect((await asked(token!)).status).toBe(200);
  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Token revoked' })).toBeVisible();
  await expect(page.getByText('No tokens yet')).toBeVisible();
  await expect(page.locator('.secret')).toHaveCount(0);
  expect((await asked(token!)).status).toBe(401);
  await page.reload();
  await live(page);
});

test('saving one form of the account leaves what is typed in the others', async ({ page, signIn }) => {
  await signIn('ana', '/account');
  await page.getByLabel('New password').fill('not sent yet');
  await page.getByLabel('Token name').fill('nightly');
  await page.getByLabel('Name', { exact: true }).fill('Ana Ito');
  const read = page.waitForResponse(/read_account/);
  await page.getByRole('button', { name: 'Save name' }).click();
  await read;
  await expect(page.getByRole('status').filter({ hasText: 'Saved Ana Ito' })).toBeVisible();
  await expect(page.getByLabel('New password')).toHaveValue('not sent yet');
  await expect(page.getByLabel('Token name')).toHaveValue('nightly');
});

test('a token is limited to some customers', async ({ page, team, signIn }) => {
  await june(team);
  await signIn('ana', '/account');
  await page.getByLabel('Token name').fill('part');
  // An admin's token sees all, unless its role is one that can be limited.
  await expect(page.getByRole('radio', { name: 'Only some' })).toHaveCount(0);
  await page.locator('#token-role').selectOption('viewer');
  await page.getByRole('radio', { name: 'Only some' }).check();
  await page.getByRole('searchbox', { name: 'Filter customers' }).fill('acm');
  await page.keyboard.press('Enter');
  await page.locator('#pick').getByRole('checkbox', { name: /^Acme/ }).check();
  await expect(page.locator('.secret')).toHaveCount(0);
  await page.getByRole('button', { name: 'Create token' }).click();
  const token = await page.locator('.secret code').textContent();
  await expect(page.getByRole('table', { name: 'Tokens' }).getByRole('row', { name: /part/ })).toContainText('Some');
  const answer = await fetch(`${team.url}/api/customers`, { headers: { authorization: `Bearer ${token}` } });
  expect((await answer.json()).items.map((it: { name: string }) => it.name)).toEqual(['Acme']);
});

test('the picker of a user takes no focus, and Enter in its filter saves nothing', async ({ page, team, signIn }) => {
  const world = await june(team);
  team.add('ben', 'operator', ['--scope-customer', String(world.acme)]);
  const sent: string[] = [];
  page.on('request', request => sent.push(new URL(request.url()).pathname));
  await signIn('ana', '/users/2/edit');
  const filter = page.getByRole('searchbox', { name: 'Filter customers' });
  await expect(page.locator('#pick').getByRole('checkbox', { name: /^Acme/ })).toBeChecked();
  await expect(filter).not.toBeFocused();
  await filter.fill('globex');
  await filter.press('Enter');
  await page.locator('#pick').getByRole('checkbox', { name: /^Globex/ }).check();
  expect(sent).not.toContain('/rpc/update_user');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Users' })).toBeVisible();
  const ben = JSON.parse(team.run(['user', 'list', '--json'])).items.find((it: { login: string }) => it.login === 'ben');
  expect(ben.scope.customers).toEqual([world.acme, world.globex]);
});

test('customers of a cluster that is chosen as a whole are not offered again', async ({ page, team, signIn }) => {
  await june(team);
  await signIn('ana', '/users/new');
  await page.getByRole('radio', { name: 'Only some' }).check();
  const customer = page.locator('#pick').getByRole('checkbox', { name: /^Acme/ });
  await expect(customer).toBeVisible();
  await page.getByRole('checkbox', { name: 'eu-west', exact: true }).check();
  await expect(customer).toBeHidden();
  await expect(page.locator('#pick').getByRole('checkbox', { name: /^Initech/ })).toBeVisible();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test('the menu of the person leads an admin to the users', async ({ page, signIn }) => {
    await signIn('ana');
    await page.getByLabel('You: ana of the tests').click();
    await page.getByRole('link', { name: 'Users' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Users' })).toBeVisible();
  });
});

test.describe('on a small phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('a token makes the account no wider than the window', async ({ page, team, signIn }) => {
    team.run(['token', 'create', '--user', 'ana', '--name', 'nightly']);
    await signIn('ana', '/account');
    await expect(page.getByText('nightly').first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  });
});

test.describe('in a window of 1280 px', () => {
  test.use({ viewport: { width: 1280, height: 800 } });

  test('users are in the order of their names, and a long one leaves every column in sight', async ({ page, team, signIn }) => {
    team.add('b'.repeat(80), 'viewer');
    team.run(['user', 'add', 'zed', '--name', 'Aaron Zed', '--role', 'viewer']);
    await signIn('ana', '/users');
    const rows = page.getByRole('table', { name: 'Users' }).locator('tbody tr');
    await expect(rows).toHaveText([/^Aaron Zed/, /^ana of the tests/, /^bbb/]);
    const over = await page.locator('.list').evaluate(list => list.scrollWidth - list.clientWidth);
    expect(over).toBe(0);
  });
});

test('axe finds nothing on the pages of people', async ({ page, team, signIn }) => {
  const problems: string[] = [];
  const look = async (path: string) => {
    await page.goto(team.url + path);
    problems.push(...await violations(page, path));
  };
  await look('/login');
  await signIn('ana');
  for (const path of ['/account', '/users', '/users/new', '/users/1/edit']) await look(path);
  expect(problems).toEqual([]);
});
