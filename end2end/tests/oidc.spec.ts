// Signing in at a real provider of OpenID Connect, there and back.
import type { Page } from '@playwright/test';
import { live } from '../fixtures/app';
import { test, expect, type WithProvider } from '../fixtures/signed_in';

// From a page here to the provider's own.
async function goThere(page: Page, { url, provider }: WithProvider) {
  await page.goto(`${url}/releases`);
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await page.getByRole('link', { name: 'Continue with Example ID' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Example ID' })).toBeVisible();
  expect(page.url().startsWith(provider.issuer)).toBe(true);
}

async function signInThere(page: Page, account: string) {
  await page.getByLabel('Account').fill(account);
  await page.getByRole('button', { name: 'Sign in there' }).click();
}

test('somebody signs in at the provider, comes back to where they wanted, and out again', async ({ page, withProvider }) => {
  const { url, provider } = withProvider;
  await goThere(page, withProvider);
  await signInThere(page, 'ana');
  await expect(page).toHaveURL(`${url}/releases`);
  await expect(page.getByRole('heading', { level: 1, name: 'Releases' })).toBeVisible();
  const session = await (await page.request.get(`${url}/api/session`)).json();
  expect(session.user).toMatchObject({ login: 'ana', name: 'Ana Ferreira', email: 'ana@example.com', role: 'manager', hasPassword: false });
  // No script reads the cookies, and that of the way there is gone.
  const cookies = (await page.context().cookies(url)).filter(it => it.name.startsWith('rollcall_'));
  expect(cookies.map(it => it.name)).toEqual(['rollcall_session']);
  expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  expect((await page.request.post(`${url}/logout`)).ok()).toBe(true);
  await page.goto(`${url}/releases`);
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  // Signing out here is not signing out there.
  await page.getByRole('link', { name: 'Continue with Example ID' }).click();
  await expect(page).toHaveURL(`${url}/releases`);
  expect(provider.visits()).toBe(1);
  const again = await (await page.request.get(`${url}/api/session`)).json();
  expect(again.user.id).toBe(session.user.id);
});

test('who has no group with a role is told so, and is not let in', async ({ page, withProvider }) => {
  await goThere(page, withProvider);
  await signInThere(page, 'stranger');
  await expect(page.getByRole('alert')).toContainText('none of your groups has a role here');
  await page.goto(`${withProvider.url}/releases`);
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
});

test('who cancels there may try again here', async ({ page, withProvider }) => {
  await goThere(page, withProvider);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert')).toContainText('The sign-in was cancelled at Example ID');
  await page.getByRole('link', { name: 'Continue with Example ID' }).click();
  await signInThere(page, 'ana');
  await expect(page).toHaveURL(`${withProvider.url}/releases`);
});

test('a session that ends under an open page goes on by the provider, and what was typed is still there', async ({ page, withProvider }) => {
  const { url } = withProvider;
  await goThere(page, withProvider);
  await signInThere(page, 'ana');
  await page.goto(`${url}/clusters/new`);
  await live(page);
  await page.getByLabel('Name', { exact: true }).fill('eu-west');
  await page.getByLabel('Description').fill('typed before');
  await page.context().clearCookies({ name: 'rollcall_session' });
  await page.getByRole('button', { name: 'Create cluster' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sign in to go on' });
  const opened = page.waitForEvent('popup');
  await dialog.getByRole('link', { name: 'Continue with Example ID' }).click();
  const tab = await opened;
  await expect(tab.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible();
  await tab.close();
  // What the browser tells a tab that is looked at again.
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await expect(page.getByRole('heading', { level: 1, name: 'eu-west' })).toBeVisible();
  await expect(page.locator('main')).toContainText('typed before');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the provider is gone to and come back from', async ({ page, withProvider }) => {
    await goThere(page, withProvider);
    await signInThere(page, 'ana');
    await expect(page.getByRole('heading', { level: 1, name: 'Releases' })).toBeVisible();
  });
});
