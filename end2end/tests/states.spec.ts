// Accessibility (axe) in each state that a page can be in, light and dark: dialogs, menus, the panel of each state, the bulk bar with
// a toast, an empty filter, a phone; and forced colours, long names, toasts and paper.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { violations } from '../fixtures/axe';
import { dialogs, menus, select_all, twoReleases } from '../fixtures/opened';
import { act, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

test('axe finds nothing in any dialog or menu', async ({ page, open, server }) => {
  test.setTimeout(300_000);
  const world = await twoReleases(server);
  const problems: string[] = [];
  for (const it of dialogs(world)) {
    await open(it.at);
    await it.open(page);
    const dialog = page.getByRole('dialog', { name: it.name, exact: true });
    await expect(dialog).toBeVisible();
    await expect(dialog.locator('[aria-busy=true]')).toHaveCount(0);
    problems.push(...await violations(page, it.name));
  }
  for (const [at, opener] of menus(world)) {
    await open(at);
    await opener(page).click();
    problems.push(...await violations(page, `menu at ${at}`));
  }
  expect(problems).toEqual([]);
});

test('axe finds nothing in the panel of any state, in the bulk bar, a toast and an empty filter', async ({ page, open, server }) => {
  test.setTimeout(300_000);
  const { june, acme } = await twoReleases(server);
  await server.call('act_on_step', act(step.acme.announce, 'done'));
  await server.call('act_on_step', act(step.acme.migrate, 'fail', 'no answer'));
  await server.call('act_on_step', act(step.acme.check, 'skip', 'not needed'));
  await server.call('note_step', { id: step.acme.upgrade, notes: 'six replicas', version: 1 });
  const problems: string[] = [];
  const states = [step.acme.announce, step.acme.migrate, step.acme.upgrade, step.acme.check, step.globex.announce, step.initech.upgrade];
  for (const id of states) {
    await open(`/releases/${june}?step=${id}`);
    await expect(page.getByRole('complementary')).toBeVisible();
    problems.push(...await violations(page, `panel of step ${id}`));
    await open(`/releases/${june}/customer/${acme}?step=${id}`);
    problems.push(...await violations(page, `run mode of step ${id}`));
  }
  await open(`/releases/${june}`);
  await select_all(page);
  await page.getByRole('toolbar', { name: 'Actions on the selection' }).getByRole('button', { name: /^Start/ }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Started' })).toBeVisible();
  problems.push(...await violations(page, 'bulk bar and toast'));
  await open(`/releases/${june}?q=nobody`);
  problems.push(...await violations(page, 'empty filter'));
  await page.setViewportSize({ width: 360, height: 740 });
  for (const at of ['/', `/releases/${june}`, `/releases/${june}?step=${step.acme.upgrade}`, `/releases/${june}/customer/${acme}`, '/customers', '/activity']) {
    await open(at);
    problems.push(...await violations(page, `${at} at 360 px`));
  }
  expect(problems).toEqual([]);
});

test('a toast stands above the bulk bar, whose reasons are read whole', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await select_all(page);
  const bar = page.getByRole('toolbar', { name: 'Actions on the selection' });
  await bar.getByRole('button', { name: /^Start/ }).click();
  const toast = page.locator('.toast');
  await expect(toast).toBeVisible();
  const [above, below] = [(await toast.boundingBox())!, (await bar.boundingBox())!];
  expect(above.y + above.height).toBeLessThanOrEqual(below.y);
  const note = bar.locator('#bulk-note');
  await expect(note).toContainText('not eligible');
  expect(await note.evaluate(it => it.scrollWidth <= it.clientWidth + 1 && getComputedStyle(it).textOverflow !== 'ellipsis')).toBe(true);
});

test('a long name without a space stays within its page, panel and message', async ({ page, open, server }) => {
  const world = await activeJune(server);
  const name = 'Tidewater'.repeat(11);
  await server.call('update_customer', { id: world.acme, draft: { name, clusterId: world.eu, namespace: 'acme', metadata: {} }, version: 1 });
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 740 });
    for (const at of ['/', '/customers', `/customers/${world.acme}`, `/releases/${world.june}`, `/releases/${world.june}?step=${step.acme.announce}`, `/releases/${world.june}/customer/${world.acme}`, '/activity']) {
      await open(at);
      const wide = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll('.sheet, .sheet__body, .run__step')].filter(it => it.scrollWidth > it.clientWidth + 1).map(it => it.className || it.tagName));
      expect(wide, `${at} at ${width} px`).toEqual([]);
    }
  }
  await page.setViewportSize({ width: 1280, height: 740 });
  await open(`/releases/${world.june}?step=${step.acme.announce}`);
  await page.getByRole('complementary').getByRole('button', { name: /^Mark done/ }).click();
  const toast = (await page.locator('.toast').boundingBox())!;
  expect(toast.x).toBeGreaterThanOrEqual(0);
  expect(toast.x + toast.width).toBeLessThanOrEqual(1280);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });
  test('a tap on a head selects it, and what can be done with it stands above the bar at the bottom', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.getByRole('rowheader', { name: /Announce/ }).locator('.step__name').tap();
    const bar = page.getByRole('toolbar', { name: 'Actions on the selection' });
    await expect(bar).toContainText('3 cells');
    await bar.getByRole('button', { name: /^Start/ }).tap();
    const toast = page.locator('.toast');
    await expect(toast).toContainText('Started 3 cells');
    await toast.evaluate(it => Promise.all(it.getAnimations().map(one => one.finished)));
    const boxes = [toast, bar, page.getByRole('navigation', { name: 'Main' })].map(it => it.boundingBox());
    const [said, actions, pages] = (await Promise.all(boxes)).map(it => it!);
    expect(said.y + said.height).toBeLessThanOrEqual(actions.y);
    expect(actions.y + actions.height).toBeLessThanOrEqual(pages.y);
    expect(actions.x + actions.width).toBeLessThanOrEqual(360);
    await bar.getByRole('button', { name: 'Clear selection' }).tap();
    await expect(bar).toHaveCount(0);
  });

  test('a draft shows its name above its buttons, and a release its name in the head', async ({ page, open, server }) => {
    const { june, july } = await twoReleases(server);
    for (const [id, name] of [[june, 'June'], [july, 'July']] as const) {
      await open(`/releases/${id}`);
      const title = page.getByRole('heading', { level: 1, name });
      await expect(title).toBeVisible();
      expect(await title.evaluate(it => it.clientWidth > 20 && it.scrollWidth <= it.clientWidth && it.scrollHeight <= it.clientHeight + 1)).toBe(true);
    }
  });
});

test.describe('with forced colours', () => {
  test.use({ contextOptions: { forcedColors: 'active' } });
  test('the current page, what is chosen in a menu and what floats are told without backgrounds', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}?step=${step.acme.migrate}`);
    const style = (selector: string, property: string) => page.locator(selector).first().evaluate((it, name) => getComputedStyle(it).getPropertyValue(name), property);
    // Forced colours take the background away unless the element says that it keeps it.
    expect(await style('.sidebar [aria-current=page]', 'forced-color-adjust')).toBe('none');
    await page.getByRole('complementary').getByRole('button', { name: 'More', exact: true }).press('Enter');
    await expect(page.getByRole('menuitem').first()).toBeFocused();
    expect(await style('[role=menu]', 'border-top-style')).toBe('solid');
    expect(await style('[role=menuitem]:focus', 'outline-style')).toBe('solid');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    expect(await style('.palette', 'border-top-style')).toBe('solid');
    await expect(page.locator('.palette [aria-selected=true]')).toHaveCSS('outline-style', 'solid');
  });
});

test.describe('on paper', () => {
  test.use({ colorScheme: 'dark' });
  test('pages are light and without what is to be pressed', async ({ page, open, server }) => {
    const { acme } = await activeJune(server);
    await open(`/customers/${acme}`);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeHidden();
    await expect(page.getByRole('button', { name: 'Deactivate' })).toBeHidden();
    expect(await page.locator('html').evaluate(it => getComputedStyle(it).colorScheme)).toBe('light');
  });
});
