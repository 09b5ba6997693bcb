// The main workflow on PostgreSQL with two servers and a page on each: whatever is done on one page, the other goes on from.
import { activate, addClusters, addCustomers, addRelease, workInThePanel, workOnTheRest } from '../fixtures/main_job';
import { act, other, step } from '../fixtures/other';
import { test, expect } from '../fixtures/two_servers';
import { activeJune } from '../fixtures/world';

test('by mouse on two servers in turns, from an empty database to a complete release', async ({ twoServers: [one, two] }) => {
  // The whole job, behind the making of a PostgreSQL and the start of two servers: 10 s where nothing else runs.
  test.setTimeout(300_000);
  await one.open('/');
  await addClusters(one.page);
  await two.open('/');
  await addCustomers(two.page);
  await one.open('/');
  await addRelease(one.page);
  await two.open('/releases/1/steps');
  await activate(two.page);
  await one.open('/releases/1');
  await workInThePanel(one.page);
  // The page on the other server hears of it.
  await expect(two.page.getByRole('gridcell', { name: 'Step 1 Announce, Acme, eu-west: done by Ana Ferreira' })).toBeVisible();
  await two.page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).click();
  await two.page.keyboard.press('d');
  await expect(two.page.getByRole('status').filter({ hasText: 'Already done by Ana Ferreira' })).toBeVisible();
  await two.open('/releases/1');
  await expect(two.page.getByRole('gridcell', { name: 'Step 2 Migrate schema, Acme, eu-west: skipped by Ana Ferreira' })).toBeVisible();
  await workOnTheRest(two.page);
  await one.open('/releases/1');
  await expect(one.page.getByText('12 of 12 cells')).toBeVisible();
  // One history, whichever server is asked.
  const [here, there] = await Promise.all([one, two].map(async it => (await it.page.request.get(`${it.url}/api/audit?limit=500`)).json()));
  expect(here).toEqual(there);
  expect(here.items.length).toBeGreaterThan(20);
});

test('what is done on one server, and who is there, reaches the page of the other', async ({ twoServers: [one, two] }) => {
  const { june } = await activeJune(one.server);
  await two.page.setExtraHTTPHeaders({ 'x-rollcall-user': 'Ben Okoro' });
  await one.open(`/releases/${june}`);
  await one.page.locator('html[data-live]').waitFor({ state: 'attached' });
  await two.open(`/releases/${june}?step=${step.acme.announce}`);
  const cell = (name: string | RegExp) => one.page.getByRole('gridcell', { name });
  await expect(one.page.getByRole('list', { name: 'Also here' })).toContainText('Ben Okoro');
  await expect(cell('Step 1 Announce, Acme')).toHaveAttribute('data-here', 'BO');
  await two.page.getByRole('complementary', { name: 'Announce, Acme' }).getByRole('button', { name: 'Mark done' }).click();
  await expect(cell(/Step 1 Announce, Acme, eu-west: done by Ben Okoro/)).toBeVisible();
  const jonas = other(two.server, 'Jonas');
  await jonas('act_on_steps', { ids: [step.globex.announce, step.initech.announce], action: 'fail', reason: 'no answer' });
  await expect(cell(/Step 1 Announce, Initech, us-east: failed/)).toBeVisible();
  await cell('Step 2 Migrate schema, Globex').click();
  await jonas('place_template', { id: 2, place: { Before: 1 } });
  await expect(cell('Step 1 Migrate schema, Globex')).toBeFocused();
  await jonas('act_on_step', act(step.acme.announce, 'reopen'));
  await expect(cell(/Step 2 Announce, Acme, eu-west: pending/)).toBeVisible();
});
