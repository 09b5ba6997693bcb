// Behind nginx, which signs people in and names them: `proxy` mode.
import { live } from '../fixtures/app';
import { test, expect } from '../fixtures/signed_in';

test.describe('as a user', () => {
  // The proxy replaces its header if a browser sends it.
  test.use({ httpCredentials: { username: 'ana', password: 'secret' }, extraHTTPHeaders: { 'X-Rollcall-User': 'root' } });

  test('who the proxy names is who the changes are by', async ({ page, behindProxy }) => {
    await page.goto(`${behindProxy.url}/clusters/new`);
    await live(page);
    await page.getByLabel('Name', { exact: true }).fill('eu-west');
    await page.getByRole('button', { name: 'Create cluster' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'eu-west' })).toBeVisible();
    await page.goto(`${behindProxy.url}/activity`);
    const line = page.locator('main ol.log > li').first();
    await expect(line).toContainText('eu-west');
    await expect(line).toContainText('Ana Ferreira');
    const events = await (await page.request.get(`${behindProxy.url}/api/audit?limit=1`)).json();
    expect(events.items[0]).toMatchObject({ actor: 'Ana Ferreira', via: 'proxy' });
    // A manager manages no users.
    expect((await page.request.get(`${behindProxy.url}/api/users`)).status()).toBe(403);
  });
});

test.describe('as nobody here', () => {
  test.use({ httpCredentials: { username: 'stranger', password: 'secret' } });

  test('who is no user is not let in, and not made one', async ({ page, behindProxy }) => {
    const answer = await page.goto(`${behindProxy.url}/`);
    expect(answer!.status()).toBe(403);
    await expect(page.locator('body')).toContainText(/here is no active user of the login that the proxy names/);
  });
});

test('past the proxy nobody is known', async ({ page, behindProxy }) => {
  expect((await page.request.get(`${behindProxy.direct}/api/releases`)).status()).toBe(401);
  expect((await page.request.get(`${behindProxy.url}/api/releases`)).status()).toBe(401);
});
