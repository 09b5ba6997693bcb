// Without JavaScript: every page can be read, and the basic forms work.
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

test('a step has no buttons that would do nothing', async ({ page, server }) => {
  const { june, acme } = await activeJune(server);
  for (const path of [`/releases/${june}?step=1`, `/releases/${june}/customer/${acme}?step=1`, `/releases/${june}/customer/${acme}`]) {
    await page.goto(server.url + path);
    await expect(page.getByRole('region', { name: 'Resolved text' })).toContainText('Tell Acme.');
    for (const name of ['Copy', 'Mark done', 'Skip…']) await expect(page.getByRole('main').getByRole('button', { name, exact: true })).toHaveCount(0);
  }
});

test('lists are searched, narrowed and paged by plain forms and links', async ({ page, server }) => {
  await activeJune(server);
  await page.goto(`${server.url}/customers`);
  await page.getByRole('searchbox', { name: 'Filter customers' }).fill('glo');
  await page.getByRole('button', { name: 'Search' }).click();
  const table = page.getByRole('table', { name: 'Customers' });
  await expect(table.getByRole('link', { name: 'Globex' })).toBeVisible();
  await expect(table.getByRole('link', { name: 'Acme' })).toHaveCount(0);
  await page.goto(`${server.url}/activity`);
  await page.getByLabel('Action').selectOption({ label: 'Activated' });
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await expect(page.locator('main ol.log > li')).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeHidden();
});

test('variables are lines, and come back with what was typed', async ({ page, server }) => {
  const { acme } = await activeJune(server);
  await page.goto(`${server.url}/customers/${acme}/edit`);
  await page.getByLabel('Variables (one KEY=value per line)').fill('HOST=new.example\n1A=x');
  await page.getByLabel('Description').fill('kept');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('valid variable name').last()).toBeVisible();
  await expect(page.getByLabel('Variables (one KEY=value per line)')).toHaveValue(/1A=x/);
  await expect(page.getByLabel('Description')).toHaveValue('kept');
  await page.getByLabel('Variables (one KEY=value per line)').fill('HOST=new.example\nPORT=1');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Acme' })).toBeVisible();
  await expect(page.locator('.origins')).toContainText('new.example');
});

test('many customers are posted at once, and a new release with the steps of another', async ({ page, server }) => {
  await activeJune(server);
  await page.goto(`${server.url}/customers/new?paste`);
  await page.getByLabel('Cluster', { exact: true }).selectOption({ label: 'eu-west' });
  await page.getByLabel('Customers (one per line)').fill('Hooli, hooli\nWrong');
  await page.getByRole('button', { name: 'Create customers' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Created 1 customer. The rows in the preview were left out.' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Result per line' }).getByRole('row', { name: /Wrong/ })).toContainText('Skipped: Enter a name and a namespace');
  await expect(page.getByRole('checkbox')).toHaveCount(0);
  await page.getByLabel('Customers (one per line)').fill('Stark, stark');
  await page.getByRole('button', { name: 'Create customers' }).click();
  await expect(page.getByRole('table', { name: 'Customers' }).getByRole('link', { name: 'Hooli' })).toBeVisible();
  await page.goto(`${server.url}/releases/new`);
  await page.getByLabel('Name', { exact: true }).fill('July');
  await page.getByRole('radio', { name: 'Cloned from another release' }).check();
  await page.getByLabel('Release to clone').selectOption({ label: 'June' });
  await page.getByRole('button', { name: 'Create release' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Steps' })).toBeVisible();
  await expect(page.locator('main')).toContainText('Migrate schema');
});

test('one form makes a release with the steps of a runbook, and activates it', async ({ page, server }) => {
  await activeJune(server);
  await page.goto(`${server.url}/releases/new`);
  for (const name of ['Next', 'Back']) await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0);
  await page.getByRole('radio', { name: 'Imported from a Markdown runbook' }).check();
  await page.getByLabel('Runbook in Markdown').fill('## Look\n\n```bash\ntrue\n```\n');
  await page.getByRole('checkbox', { name: /^Acme/ }).check();
  await page.getByRole('button', { name: 'Create release' }).click();
  await expect(page.getByText('Enter a name')).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Imported from a Markdown runbook' })).toBeChecked();
  await expect(page.getByLabel('Runbook in Markdown')).toHaveValue(/## Look/);
  await expect(page.getByRole('checkbox', { name: /^Acme/ })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: /^Globex/ })).not.toBeChecked();
  await page.getByLabel('Name', { exact: true }).fill('July');
  await page.getByRole('button', { name: 'Create release' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'July' })).toBeVisible();
  await expect(page.locator('main')).toContainText('Look');
  await expect(page.locator('main')).toContainText('Acme');
});

test('each box that can be ticked for a new release chooses a customer: a cluster has none', async ({ page, server }) => {
  await activeJune(server);
  await page.goto(`${server.url}/releases/new`);
  const main = page.getByRole('main');
  await expect(main).toContainText('eu-west');
  await expect(main.getByRole('checkbox', { name: /^Acme/ })).toBeVisible();
  await expect(main.getByRole('checkbox', { name: /^eu-west/ })).toHaveCount(0);
  await expect(main.locator('input[type=checkbox]:not([name]):visible')).toHaveCount(0);
});

test('a form is posted, and comes back with what is wrong', async ({ page, server }) => {
  await page.goto(`${server.url}/clusters/new`);
  await page.getByLabel('Kubeconfig path').fill('etc/x');
  await page.getByRole('button', { name: 'Create cluster' }).click();
  await expect(page.getByLabel('Kubeconfig path')).toHaveValue('etc/x');
  await expect(page.getByText('Use an absolute path')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('eu-west');
  await page.getByLabel('Kubeconfig path').fill('/etc/x');
  await page.getByRole('button', { name: 'Create cluster' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'eu-west' })).toBeVisible();
});

test.describe('where nobody has entered a name', () => {
  test.use({ user: '', faults: [/status of 428/] });

  test('without a name a form asks for it once, and goes on with what was typed', async ({ page, server }) => {
    const { acme } = await activeJune(server);
    const newest = async () => (await (await fetch(`${server.url}/api/audit`)).json()).items[0];
    const before = await newest();
    await page.goto(`${server.url}/customers/${acme}/edit`);
    await page.getByLabel('Description').fill('"Two"\nlines');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Enter your name' })).toBeVisible();
    expect(await newest()).toEqual(before);
    const name = page.getByLabel('Your name', { exact: true });
    await expect(name).toBeFocused();
    await expect(page.locator(`datalist option[value="${before.actor}"]`)).toHaveCount(1);
    // A blank passes the browser's own check, and not the server's.
    await name.fill(' ');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText('Enter a name')).toBeVisible();
    await name.fill('Mei Tan');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Acme' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'You: Mei Tan' })).toBeVisible();
    expect((await newest()).actor).toBe('Mei Tan');
    await page.goto(`${server.url}/customers/${acme}/edit`);
    await expect(page.getByLabel('Description')).toHaveValue('"Two"\nlines');
    // The next form asks nothing.
    await page.goto(`${server.url}/clusters/new`);
    await page.getByLabel('Name', { exact: true }).fill('ap-south');
    await page.getByRole('button', { name: 'Create cluster' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'ap-south' })).toBeVisible();
    expect((await newest()).actor).toBe('Mei Tan');
  });
});
