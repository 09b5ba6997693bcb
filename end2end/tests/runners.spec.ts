// Runners and runs (R73, R75): a runner is made and its token shown once, runs are listed and filtered by the address, and both pages
// hear how runs go on.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { test, expect, live } from '../fixtures/app';
import { violations } from '../fixtures/axe';
import { askRun, makeRunner } from '../fixtures/hand_runner';
import { step } from '../fixtures/other';
import { activeJune, people } from '../fixtures/world';

const row = (page: Page, name: string | RegExp) => page.getByRole('row', { name });
const administration = (page: Page) => page.getByRole('navigation', { name: 'Administration' });

test('a runner is made, and its token is shown once with the line that starts it', async ({ page, open, server, context }) => {
  await people(server);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open('/runners');
  await expect(administration(page).getByRole('link', { name: 'Runners' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByText('No runners yet')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('eu-1');
  await page.getByRole('checkbox', { name: 'eu-west' }).check();
  await page.getByRole('button', { name: 'Create runner' }).click();
  const token = await page.locator('.secret code').first().innerText();
  expect(token).toMatch(/^rcr_[0-9A-Za-z]{46}$/);
  const plain = `ROLLCALL_RUNNER_TOKEN=${token} rollcall runner --url ${server.url} --clusters eu-west`;
  await expect(page.locator('.secret code').last()).toHaveText(plain);
  await page.getByLabel('Also run sql steps').check();
  const line = `${plain} --kinds bash,sql --sql 'psql -X -v ON_ERROR_STOP=1 --single-transaction -f {file}'`;
  await expect(page.locator('.secret code').last()).toHaveText(line);
  await page.getByRole('button', { name: 'Copy command' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(line);
  for (const text of ['eu-west', 'Not connected', 'Never']) await expect(row(page, /eu-1/)).toContainText(text);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('');
  const known = await fetch(`${server.url}/api/runner`, { headers: { authorization: `Bearer ${token}` } });
  expect(await known.json()).toMatchObject({ name: 'eu-1', clusters: ['eu-west'] });
  await open('/runners');
  await expect(row(page, /eu-1/)).toBeVisible();
  await expect(page.getByText(token)).toHaveCount(0);
});

test('what is wrong with a runner is said at its field', async ({ page, open, server }) => {
  await people(server);
  await makeRunner(server, 'eu-1', ['eu-west']);
  await open('/runners');
  const name = page.getByLabel('Name', { exact: true });
  await page.getByRole('button', { name: 'Create runner' }).click();
  await expect(page.getByText('Enter a name')).toBeVisible();
  await expect(page.getByText('Choose at least one')).toBeVisible();
  await expect(name).toBeFocused();
  await name.fill('eu-1');
  await page.getByRole('checkbox', { name: 'us-east' }).check();
  await page.getByRole('button', { name: 'Create runner' }).click();
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByText(/Runner name eu-1 is already used/).first()).toBeVisible();
  await expect(page.locator('.secret')).toHaveCount(0);
});

test('without a cluster a runner has nowhere to run, and the form leads to one', async ({ page, open }) => {
  await open('/runners');
  await page.getByRole('link', { name: 'Add a cluster first' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'New cluster' })).toBeVisible();
});

test('runs are listed with their step, their end and their output, and the address filters them', async ({ page, open, server }) => {
  await activeJune(server);
  await open('/runs');
  await expect(page.getByText('No runs yet')).toBeVisible();
  const runner = await makeRunner(server, 'eu-1', ['eu-west']);
  await askRun(server, step.acme.upgrade);
  await runner.finish(await runner.begin(), 3, 'pulling\nno space left\n');
  await askRun(server, step.globex.upgrade);
  await open('/runs');
  const failed = row(page, /Upgrade.*Acme/);
  for (const text of ['June', 'eu-west', 'Failed', 'Exit code 3: no space left', 'eu-1', 'Ana Ferreira', '22 bytes'])
    await expect(failed).toContainText(text);
  await expect(row(page, /Upgrade.*Globex/)).toContainText('Queued');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /output of Upgrade, Acme/ }).click()]);
  expect(readFileSync(await download.path(), 'utf8')).toBe('pulling\nno space left\n');

  await page.getByLabel('State', { exact: true }).selectOption('Queued and running');
  await expect(page).toHaveURL(/\/runs\?state=unfinished$/);
  await expect(failed).toHaveCount(0);
  await expect(row(page, /Globex/)).toBeVisible();
  await page.getByLabel('State', { exact: true }).selectOption('Failed');
  await expect(failed).toBeVisible();
  await page.getByLabel('Release', { exact: true }).selectOption('June');
  await expect(page).toHaveURL(/\/runs\?state=failed&release=1$/);
  await page.getByLabel('Runner', { exact: true }).fill('us-1');
  await page.keyboard.press('Enter');
  await expect(page.getByText('No run matches the filter')).toBeVisible();
  await page.getByRole('link', { name: 'Clear the filter' }).first().click();
  await expect(page).toHaveURL(/\/runs$/);
  await expect(page.getByLabel('Runner', { exact: true })).toHaveValue('');
  await failed.getByRole('link', { name: 'eu-1' }).click();
  await expect(row(page, /Globex/)).toHaveCount(0);
  // The address is the filter, also for who opens it.
  await page.reload();
  await live(page);
  await expect(page.getByLabel('Runner', { exact: true })).toHaveValue('eu-1');
  await failed.getByRole('link', { name: 'Upgrade' }).first().click();
  await expect(page.getByRole('complementary', { name: 'Upgrade, Acme' })).toBeVisible();
});

test.describe('with a connection', () => {
  test.use({ hears: true });

  test('both pages hear how a run goes on', async ({ page, open, server, context }) => {
    await activeJune(server);
    const runner = await makeRunner(server, 'eu-1', ['eu-west']);
    const runners = await context.newPage();
    await runners.goto(`${server.url}/runners`);
    await open('/runs?state=unfinished');
    for (const it of [page, runners]) await it.locator('html[data-live]').waitFor({ state: 'attached' });
    await expect(page.getByText('No run matches the filter')).toBeVisible();
    await askRun(server, step.acme.upgrade);
    await expect(row(page, /Acme/)).toContainText('Queued');
    const run = await runner.begin();
    await expect(row(page, /Acme/)).toContainText('Running');
    await expect(row(runners, /eu-1/).getByRole('link', { name: 'Upgrade, Acme' })).toBeVisible();
    await runner.finish(run, 0, '');
    await expect(page.getByText('No run matches the filter')).toBeVisible();
    await expect(row(runners, /eu-1/)).toContainText('Idle');
    await runners.close();
  });
});

test.describe('with a list of runs that is being read', () => {
  test.use({ hears: true });

  test('new runs do not move its rows: they are told, and shown when that is asked for', async ({ page, open, server }) => {
    await activeJune(server);
    const runner = await makeRunner(server, 'eu-1', ['eu-west']);
    await askRun(server, step.acme.upgrade);
    await open('/runs');
    await page.locator('html[data-live]').waitFor({ state: 'attached' });
    await expect(row(page, /Acme/)).toContainText('Queued');
    await askRun(server, step.globex.upgrade);
    const more = page.getByRole('button', { name: '1 new run · Show' });
    await expect(more).toBeVisible();
    // What is shown goes on.
    await runner.begin();
    await expect(row(page, /Acme/)).toContainText('Running');
    await expect(row(page, /Globex/)).toHaveCount(0);
    await more.click();
    await expect(page.getByRole('row').nth(1)).toContainText('Globex');
    await expect(row(page, /Acme/)).toContainText('Running');
    await expect(more).toHaveCount(0);
  });
});

test('the page follows a runner that has no runs: seconds pass, and it is seen again, without a reload', async ({ page, open, server }) => {
  await people(server);
  const runner = await makeRunner(server, 'eu-1', ['eu-west']);
  await open('/runners');
  await expect(row(page, /eu-1/)).toContainText('Never');
  const isHere = () => fetch(`${server.url}/api/runner`, { headers: { authorization: `Bearer ${runner.token}` } });
  await isHere();
  await expect(row(page, /eu-1/)).toContainText('Idle');
  // Whoever is at a button stays there.
  await page.getByRole('button', { name: 'Delete eu-1' }).focus();
  await expect(row(page, /eu-1/)).toContainText(/\d s ago/);
  await expect(page.getByRole('button', { name: 'Delete eu-1' })).toBeFocused();
  await isHere();
  await expect(row(page, /eu-1/)).toContainText('Just now');
});

test('a runner is deleted once that is confirmed, and its token opens nothing any more', async ({ page, open, server }) => {
  await people(server);
  const { token } = await makeRunner(server, 'eu-1', ['eu-west']);
  await open('/runners');
  const dialog = page.getByRole('dialog', { name: 'Delete eu-1' });
  await page.getByRole('button', { name: 'Delete eu-1' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Delete eu-1' })).toBeFocused();
  await page.getByRole('button', { name: 'Delete eu-1' }).press('Enter');
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByText('No runners yet')).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'Deleted eu-1' })).toBeVisible();
  const refused = await fetch(`${server.url}/api/runner`, { headers: { authorization: `Bearer ${token}` } });
  expect(refused.status).toBe(401);
});

test('axe finds nothing on the pages of runs and runners with rows', async ({ page, open, server }) => {
  await activeJune(server);
  const runner = await makeRunner(server, 'eu-1', ['eu-west']);
  await askRun(server, step.acme.upgrade);
  await runner.finish(await runner.begin(), 3, 'no space left\n');
  await askRun(server, step.globex.upgrade);
  await runner.begin();
  const problems: string[] = [];
  const look = async (where: string) => { problems.push(...await violations(page, where)); };
  await open('/runs');
  await look('/runs');
  await open('/runners');
  await look('/runners');
  await page.getByRole('button', { name: 'Create runner' }).click();
  await page.getByText('Choose at least one').waitFor();
  await look('/runners, with errors');
  await page.getByRole('button', { name: 'Delete eu-1' }).click();
  await page.getByText('1 run in progress on it will be lost.').waitFor();
  await look('/runners, before a deletion');
  expect(problems).toEqual([]);
});
