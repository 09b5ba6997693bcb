// The main workflow on PostgreSQL with two servers and a page on each: whatever is done on one page, the other goes on from.
import { activate, addClusters, addCustomers, addRelease, workInThePanel, workOnTheRest } from '../fixtures/main_job';
import { test, expect } from '../fixtures/two_servers';

test('by mouse on two servers in turns, from an empty database to a complete release', async ({ twoServers: [one, two] }) => {
  // The whole job, behind the making of a PostgreSQL and the start of two servers: 40 s where nothing else runs.
  test.setTimeout(180_000);
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
