// The dashboard with no release, one and twenty: first steps, what needs attention, progress of each release.
import { test, expect } from '../fixtures/app';
import { activeJune, people } from '../fixtures/world';

test('an empty database says what comes first, and what then', async ({ page, open, server }) => {
  await open('/');
  await expect(page.getByRole('heading', { name: 'Set up your first release' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Add cluster' })).toBeVisible();
  await server.call('create_cluster', { draft: { name: 'eu-west' } });
  await page.reload();
  await expect(page.getByRole('link', { name: 'Add customer' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Paste customers…' })).toBeVisible();
});

test('one release: its clusters, what failed, what is missing, what happened', async ({ page, open, server }) => {
  await activeJune(server);
  // Copies are made customer by customer: the fifth is Globex's first step.
  const act = (id: number, action: string, reason: string | null) => server.call('act_on_step', { id, action, reason, allow_unresolved: true });
  await act(5, 'fail', 'nobody answers');
  await act(1, 'done', null);
  await open('/');
  const needs = page.getByRole('region', { name: 'Needs attention' });
  await expect(needs).toContainText('Failed or reverted, lost its runner, in progress by you, or running longer than usual');
  await expect(needs.getByRole('heading', { name: 'June' })).toBeVisible();
  await expect(needs.getByRole('listitem')).toContainText(['Announce for Globex']);
  await expect(needs).toContainText('nobody answers');
  const releases = page.getByRole('region', { name: 'Active releases' });
  await expect(releases.getByRole('article')).toContainText(['June']);
  await expect(releases.getByRole('listitem')).toContainText([/eu-west.*2 customers/, /us-east.*1 customer/]);
  await expect(releases).toContainText('1 failed');
  const missing = page.getByRole('region', { name: 'Missing values' });
  await expect(missing.getByRole('row', { name: /var.HOST/ })).toContainText('Initech');
  await expect(page.getByRole('region', { name: 'Recent activity' })).toContainText('marked done');
  // From what is missing to where it is filled in, and back.
  await missing.getByRole('link', { name: 'Initech' }).click();
  await page.getByRole('button', { name: 'Add variable' }).click();
  await page.getByLabel('Key', { exact: true }).fill('HOST');
  await page.getByLabel('Value of HOST').fill('initech.example');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Initech', exact: true })).toBeVisible();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Dashboard' }).click();
  await expect(needs).toBeVisible();
  await expect(missing).toHaveCount(0);
  await needs.getByRole('link', { name: 'Open Announce, Globex' }).click();
  await expect(page.getByRole('complementary', { name: 'Announce, Globex' })).toBeVisible();
});

test('twenty releases are a line each, with their clusters folded', async ({ page, open, server }) => {
  const world = await people(server);
  for (let n = 1; n <= 20; n++) {
    const release = await server.call('create_release', { draft: { name: `Release ${n}`, type: 'release' } });
    await server.call('add_template', { release, draft: { name: 'Go', category: 'deploy', type: 'text', content: 'Go.', description: '' }, place: 'Last' });
    await server.call('activate_release', { id: release, customers: [world.acme, world.initech] });
  }
  await open('/');
  const articles = page.getByRole('region', { name: 'Active releases' }).getByRole('article');
  await expect(articles).toHaveCount(20);
  await expect(articles.first()).toContainText('Release 20');
  await expect(articles.first().getByText('eu-west')).toBeHidden();
  await articles.first().getByText('2 clusters').click();
  await expect(articles.first().getByText('eu-west')).toBeVisible();
});

test('the dashboard leads to what is added often', async ({ page, open, server }) => {
  await activeJune(server);
  await open('/');
  for (const [link, heading] of [['New cluster', 'New cluster'], ['New customer', 'New customer'], ['Paste customers…', 'Paste customers'], ['New release', 'New release']]) {
    await page.getByRole('link', { name: link, exact: true }).click();
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
    await page.goBack();
    await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
  }
});

test('a missing value leads to the form that has it, and to none if no form does', async ({ page, open, server }) => {
  const world = await people(server);
  const bare = await server.call('create_cluster', { draft: { name: 'bare' } });
  const hooli = await server.call('create_customer', { draft: { name: 'Hooli', clusterId: bare, namespace: 'hooli' } });
  const release = await server.call('create_release', { draft: { name: 'July', type: 'release' } });
  const content = '{{customer.shoe}} {{cluster.kubeconfig}} {{release.version}} {{var.DOMAIN}}';
  await server.call('add_template', { release, draft: { name: 'Go', category: 'deploy', type: 'text', content, description: '' }, place: 'Last' });
  await server.call('activate_release', { id: release, customers: [world.acme, hooli] });
  await open('/');
  const row = (name: string) => page.getByRole('region', { name: 'Missing values' }).getByRole('row').filter({ hasText: name });
  const links = (name: string) => row(name).getByRole('link').evaluateAll(all => all.map(it => it.getAttribute('href')));
  expect(await links('customer.shoe')).toEqual([`/releases/${release}`]);
  await expect(row('customer.shoe')).toContainText('Unknown variable');
  await expect(row('customer.shoe')).toContainText('Acme, Hooli');
  expect(await links('cluster.kubeconfig')).toEqual([`/clusters/${bare}/edit`, `/releases/${release}`]);
  expect(await links('release.version')).toEqual([`/releases/${release}/edit`, `/releases/${release}`]);
  expect(await links('var.DOMAIN')).toEqual([`/customers/${world.acme}/edit`, `/customers/${hooli}/edit`, `/releases/${release}`]);
});
