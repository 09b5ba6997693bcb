// The focus is never lost to the page as a whole: after each dialog, menu and navigation, and after what takes its own button away.
import type { Locator, Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { dialogs, menus, select_all, twoReleases } from '../fixtures/opened';
import { act, other, step } from '../fixtures/other';

const focused = (page: Page) => page.evaluate(() => (document.activeElement === document.body ? 'nothing' : 'something'));
const keeps = (page: Page, after: string) => expect.poll(() => focused(page), { message: `the focus after ${after}` }).toBe('something');
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
const said = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });

test('a dialog has the focus while it is open, and Escape gives it back', async ({ page, open, server }) => {
  test.setTimeout(300_000);
  for (const it of dialogs(await twoReleases(server))) {
    await open(it.at);
    await it.open(page);
    const dialog = page.getByRole('dialog', { name: it.name, exact: true });
    await expect(dialog).toBeVisible();
    const is_inside = () => dialog.evaluate(found => found.contains(document.activeElement));
    await expect.poll(is_inside, { message: `the focus in ${it.name}` }).toBe(true);
    await page.keyboard.press('Escape');
    // The first one in an editor frees its Tab key.
    if (it.name.startsWith('Override')) await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await keeps(page, `${it.name} at ${it.at}`);
  }
});

test('the button that closes a dialog gives the focus back too', async ({ page, open, server }) => {
  test.setTimeout(300_000);
  for (const it of dialogs(await twoReleases(server))) {
    // The palette has no button.
    if (it.name === 'Command palette') continue;
    await open(it.at);
    await it.open(page);
    const dialog = page.getByRole('dialog', { name: it.name, exact: true });
    await dialog.getByRole('button', { name: /^(Close|Cancel)$/ }).first().click();
    await expect(dialog).toHaveCount(0);
    await keeps(page, `${it.name} at ${it.at}`);
  }
});

test('Escape closes a menu, and its button has the focus', async ({ page, open, server }) => {
  for (const [at, opener] of menus(await twoReleases(server))) {
    await open(at);
    const it: Locator = opener(page);
    await it.focus();
    await page.keyboard.press('Enter');
    await expect(page.locator('[role=menu], details[open] > .menu').first()).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.locator('[role=menu], details[open] > .menu')).toHaveCount(0);
    await expect(it).toBeFocused();
  }
});

test('each page that is gone to has the focus', async ({ page, open, server }) => {
  await twoReleases(server);
  await open('/');
  const main = page.getByRole('navigation', { name: 'Main' });
  for (const name of ['Releases', 'Customers', 'Clusters', 'Activity', 'Dashboard']) {
    await main.getByRole('link', { name, exact: true }).click();
    await expect(heading(page, name)).toBeFocused();
  }
  await main.getByRole('link', { name: 'Customers', exact: true }).click();
  await page.locator('main').getByRole('link', { name: 'Acme', exact: true }).first().click();
  await expect(heading(page, 'Acme')).toBeFocused();
  await page.locator('main').getByRole('link', { name: 'Edit', exact: true }).click();
  await expect(heading(page, 'Edit Acme')).toBeVisible();
  await keeps(page, 'Edit');
  await page.goBack();
  await expect(heading(page, 'Acme')).toBeVisible();
  await keeps(page, 'going back');
  await main.getByRole('link', { name: 'Releases', exact: true }).click();
  await page.locator('main').getByRole('link', { name: 'June', exact: true }).first().click();
  await expect(page.getByRole('grid')).toBeVisible();
  await keeps(page, 'the way to the matrix');
});

test('what takes its own button away leaves the focus somewhere', async ({ page, open, server }) => {
  const { june, acme } = await twoReleases(server);
  await server.call('act_on_step', act(step.acme.announce, 'done'));
  await open(`/releases/${june}?status=done`);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await keeps(page, 'clearing the filters');
  await select_all(page);
  await page.getByRole('button', { name: 'Clear selection', exact: true }).click();
  await expect(page.getByRole('toolbar', { name: 'Actions on the selection' })).toHaveCount(0);
  await keeps(page, 'clearing the selection');
  await select_all(page);
  await page.getByRole('toolbar', { name: 'Actions on the selection' }).getByRole('button', { name: /^Start/ }).click();
  await expect(said(page, 'Started')).toBeVisible();
  await keeps(page, 'a bulk');
  await said(page, 'Started').getByRole('button', { name: 'Undo' }).click();
  await expect(said(page, 'Undid "Start"')).toBeVisible();
  await keeps(page, 'Undo of the toast');

  await open(`/releases/${june}?step=${step.acme.migrate}`);
  const panel = page.getByRole('complementary', { name: 'Migrate schema, Acme' });
  await panel.getByRole('button', { name: /^Mark done/ }).click();
  await expect(page.getByRole('gridcell', { name: /Migrate schema, Acme, eu-west: done/ })).toBeVisible();
  await keeps(page, 'Mark done in the panel');
  await page.getByRole('button', { name: 'Close the panel' }).click();
  await expect(panel).toHaveCount(0);
  await keeps(page, 'closing the panel');

  await open(`/customers/${acme}`);
  await page.getByRole('button', { name: 'Deactivate', exact: true }).click();
  await page.getByRole('dialog', { name: 'Deactivate Acme' }).getByRole('button', { name: 'Deactivate' }).click();
  await expect(said(page, 'Deactivated Acme')).toBeVisible();
  await keeps(page, 'a deactivation');
  await said(page, 'Deactivated Acme').getByRole('button', { name: 'Restore' }).click();
  await expect(said(page, 'Restored Acme')).toBeVisible();
  await keeps(page, 'Restore of the toast');
});

test('a page that only its query tells from another has the focus, and a form that is loaded is begun with', async ({ page, open, server }) => {
  const { june, acme } = await twoReleases(server);
  await open('/customers/new');
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await page.locator('main').getByRole('link', { name: 'Paste customers…' }).click();
  await expect(heading(page, 'Paste customers')).toBeVisible();
  await expect(page.locator('#main form :focus')).toHaveCount(1);
  await open('/releases/new');
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.migrate}`);
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: 'Print', exact: true }).click();
  await expect(page).toHaveURL(/view=print/);
  await keeps(page, 'Print');
});

test.describe('what is taken away by a later answer', () => {
  // The page's connection looks after the focus. It is loaded once the page is idle.
  const ready = (page: Page) => page.waitForFunction(() => performance.getEntriesByType('resource').some(it => it.name.includes('/live.js')));
  const goes = async (page: Page, button: Locator, what: string) => {
    await button.click();
    await expect(button).toHaveCount(0);
    await keeps(page, what);
  };

  test('who chooses between two versions, or discards what was typed, has the focus afterwards', async ({ page, open, server }) => {
    const { june, july, globex, initech, eu } = await twoReleases(server);
    const jonas = other(server, 'Jonas');
    const cell = page.getByRole('gridcell', { name: /Upgrade, Acme/ });
    const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
    await open(`/releases/${june}`);
    await ready(page);
    await cell.press('e');
    await dialog.getByLabel('Content').fill('mine');
    await jonas('override_step', { id: step.acme.upgrade, content: 'theirs', version: 1 });
    await dialog.getByRole('button', { name: 'Save changes' }).press('Enter');
    await goes(page, dialog.getByRole('button', { name: 'Take theirs' }), 'Take theirs in a dialog');
    await expect(dialog.getByLabel('Content')).toBeFocused();
    await dialog.getByLabel('Content').fill('mine again');
    // The first one in an editor frees its Tab key.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await cell.press('e');
    await goes(page, dialog.getByRole('button', { name: 'Discard' }), 'Discard in a dialog');
    await page.keyboard.press('Escape');

    await open(`/releases/${june}?step=${step.initech.upgrade}`);
    await ready(page);
    const value = page.getByRole('complementary').getByLabel('Value of var.HOST');
    await value.fill('mine.example');
    await jonas('set_values', { edits: [{ place: { Customer: initech }, variable: 'var.HOST', value: 'theirs.example', replaces: false }] });
    await value.press('Enter');
    await goes(page, page.getByRole('button', { name: 'Take theirs' }), 'Take theirs of a value');

    await open(`/releases/${july}/steps`);
    await ready(page);
    await page.getByRole('listitem').getByRole('button', { name: 'Go', exact: true }).click();
    await page.getByLabel('Name', { exact: true }).fill('Mine');
    await jonas('update_template', { id: 5, draft: { name: 'Theirs', category: 'deploy', type: 'text', content: 'Go.', description: '' }, version: 1 });
    await page.getByRole('button', { name: 'Save changes' }).press('Enter');
    await goes(page, page.getByRole('button', { name: 'Take theirs' }), 'Take theirs of a step');

    await open(`/customers/${globex}/edit`);
    await ready(page);
    await page.getByLabel('Name', { exact: true }).fill('Mine');
    await jonas('update_customer', { id: globex, draft: { name: 'Theirs', clusterId: eu, namespace: 'globex', metadata: {} }, version: 1 });
    await page.getByRole('button', { name: 'Save changes' }).press('Enter');
    // Once the record is read as it is now.
    await page.getByRole('button', { name: 'Show changes' }).click();
    await expect(page.getByRole('row', { name: 'Name' })).toContainText('Theirs');
    await goes(page, page.getByRole('button', { name: 'Take theirs' }), 'Take theirs in a form');
    await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  });

  test.describe('without a connection', () => {
    test.use({ faults: [/ERR_INTERNET_DISCONNECTED|Failed to fetch|ERR_FAILED/] });
    test('the page that Retry opens has the focus', async ({ page, open, server, context }) => {
      await twoReleases(server);
      await open('/releases');
      await ready(page);
      await context.setOffline(true);
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Clusters', exact: true }).click();
      await expect(heading(page, "You're offline")).toBeVisible();
      await context.setOffline(false);
      await page.getByRole('button', { name: 'Retry' }).press('Enter');
      await expect(heading(page, 'Clusters')).toBeFocused();
    });
  });
});
