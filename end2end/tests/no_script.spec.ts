// Everything can be read, and the basic forms work, without JavaScript.
import { test, expect } from '../fixtures/app';
import { activeJune } from '../fixtures/world';

test.use({ javaScriptEnabled: false });

test('pages are complete', async ({ page, server }) => {
  const world = await activeJune(server);
  for (const [path, words] of [
    ['/', ['Dashboard', 'June']],
    ['/clusters', ['eu-west', 'us-east']],
    ['/customers', ['Acme', 'globex']],
    ['/releases', ['June', 'Active']],
    [`/releases/${world.june}`, ['Migrate schema', 'Initech']],
    [`/releases/${world.june}/steps`, ['Deploy', 'Upgrade']],
    [`/releases/${world.june}/customer/${world.acme}`, ['Acme', 'Check']],
    ['/activity', ['activated', 'June']],
  ] as const) {
    await page.goto(server.url + path);
    for (const word of words) await expect(page.locator('main')).toContainText(word);
  }
});

test('a form is posted, and comes back with what is wrong', async ({ page, server }) => {
  await page.goto(`${server.url}/clusters/new`);
  await page.getByLabel('Kubeconfig path').fill('etc/x');
  await page.getByRole('button', { name: 'Create cluster' }).click();
  await expect(page.getByLabel('Kubeconfig path')).toHaveValue('etc/x');
  await expect(page.getByText('start the path with a slash')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('eu-west');
  await page.getByLabel('Kubeconfig path').fill('/etc/x');
  await page.getByRole('button', { name: 'Create cluster' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'eu-west' })).toBeVisible();
});
