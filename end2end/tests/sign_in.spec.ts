// Signing in and out, the first admin, and a session that ends under an open page.
import { test, expect, fillIn, live, PASSWORD } from '../fixtures/people';

test('whoever signs in goes on to where they wanted, and signs out again', async ({ page, team }) => {
  await page.goto(`${team.url}/customers?q=acme`);
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await fillIn(page, 'ana', 'not the password');
  await expect(page.getByRole('alert')).toHaveText('Wrong login or password');
  await expect(page.getByLabel('Login')).toHaveValue('ana');
  await expect(page.getByLabel('Password')).toHaveValue('');
  await fillIn(page, 'ana');
  await expect(page).toHaveURL(`${team.url}/customers?q=acme`);
  await live(page);
  await page.getByLabel('You: ana of the tests').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(`${team.url}/login`);
  // Back shows nothing of before.
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('sign in and out work', async ({ page, team }) => {
    await page.goto(`${team.url}/releases`);
    await fillIn(page, 'ana');
    await expect(page).toHaveURL(`${team.url}/releases`);
    await page.getByText('ana of the tests').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(`${team.url}/login`);
  });

  test('forms that cannot be sent say so and have no button', async ({ page, team }) => {
    await page.goto(`${team.url}/account`);
    await fillIn(page, 'ana');
    for (const path of ['/account', '/users/new', '/users/1/edit']) {
      await page.goto(team.url + path);
      // Playwright looks for no text within <noscript>.
      await expect(page.locator('noscript .alert').first()).toBeVisible();
      await expect(page.locator('main [type=submit]').filter({ visible: true })).toHaveCount(0);
    }
  });

  test.describe('before there is an admin', () => {
    test.use({ users: '' });

    test('the setup works with the code of the log', async ({ page, team }) => {
      await page.goto(`${team.url}/releases`);
      await expect(page).toHaveURL(`${team.url}/setup`);
      await page.getByLabel('Code').fill('AAAA-AAAA');
      await page.getByLabel('Login').fill('root');
      await page.getByLabel('Name').fill('Root');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Create admin' }).click();
      await expect(page.locator('#code-error')).toBeVisible();
      await page.getByLabel('Code').fill(await team.code());
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Create admin' }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
    });
  });
});

test('a session that ends under an open page asks to sign in, and what was typed is still there', async ({ page, team, signIn }) => {
  await signIn('ana', '/clusters/new');
  await page.getByLabel('Name').fill('eu-west');
  await page.getByLabel('Description').fill('typed before');
  // Another password ends the session.
  team.run(['user', 'password', 'ana', '--password-stdin'], 'quite another one\n');
  await page.getByRole('button', { name: 'Create cluster' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sign in to go on' });
  await expect(dialog).toBeVisible();
  await expect(page.getByLabel('Description')).toHaveValue('typed before');
  await dialog.getByLabel('Login').fill('ana');
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await expect(dialog.getByRole('alert')).toHaveText('Wrong login or password');
  await dialog.getByLabel('Password').fill('quite another one');
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  // The request that was refused is sent again by itself.
  await expect(page.getByRole('heading', { level: 1, name: 'eu-west' })).toBeVisible();
  await expect(page.locator('main')).toContainText('typed before');
});

test('whoever closes that dialog keeps the page as it is', async ({ page, team, signIn }) => {
  await signIn('ana', '/clusters/new');
  await page.getByLabel('Name').fill('eu-west');
  team.run(['user', 'password', 'ana', '--password-stdin'], 'quite another one\n');
  await page.getByRole('button', { name: 'Create cluster' }).click();
  await expect(page.getByRole('dialog', { name: 'Sign in to go on' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('alert')).toContainText('Sign in to go on');
  await expect(page.getByLabel('Name')).toHaveValue('eu-west');
});

test('without a session the foot of the sidebar leads to where one signs in', async ({ page, team, signIn }) => {
  await signIn('ana', '/clusters');
  team.run(['user', 'password', 'ana', '--password-stdin'], 'quite another one\n');
  const refused = Promise.all([/read_frame/, /list_releases/].map(it => page.waitForResponse(it)));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Releases' }).click();
  await refused;
  await expect(page.getByRole('dialog', { name: 'Sign in to go on' })).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  const foot = page.getByRole('banner');
  await expect(foot.getByLabel('You: ana of the tests')).toHaveCount(0);
  await foot.getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${team.url}/login?next=/releases`);
});
