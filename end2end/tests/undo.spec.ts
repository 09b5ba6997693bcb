// Undo and Redo of what was done in this tab: what they say, where their keys work, and when nothing is left for them.
import type { Page, Response } from '@playwright/test';
import { test, expect, live } from '../fixtures/app';
import { hold, holdAnswer } from '../fixtures/hold';
import { act, other, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const said = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });
const undo = (page: Page) => page.getByRole('main').getByRole('button', { name: 'Undo', exact: true });
const redo = (page: Page) => page.getByRole('main').getByRole('button', { name: 'Redo', exact: true });
const ofTwo = /^mark done, 2 cells, \d\d:\d\d$/;
const leave = async (page: Page) => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Releases/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Releases' })).toBeVisible();
};

test('what Undo and Redo would do stands beside them, in the message, and is their description', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await expect(undo(page)).toHaveAccessibleDescription('Nothing to undo');
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('d');
  await expect(undo(page)).toHaveAccessibleDescription(ofTwo);
  await expect(page.locator('#undo-what')).toHaveText(ofTwo);
  await expect(page.locator('#undo-what')).toBeVisible();
  const message = said(page, 'Marked 2 cells done');
  await expect(message.getByText(ofTwo)).toBeVisible();
  await expect(message.getByRole('button', { name: 'Undo', exact: true })).toHaveAccessibleDescription(ofTwo);
  await undo(page).click();
  await expect(undo(page)).toHaveAccessibleDescription('Nothing to undo');
  await expect(redo(page)).toHaveAccessibleDescription(ofTwo);
  await expect(page.locator('.undo-what').getByText(/^Redo: mark done, 2 cells, /)).toBeVisible();
  await redo(page).click();
  await expect(redo(page)).toBeHidden();
  await expect(undo(page)).toHaveAccessibleDescription(ofTwo);
});

test('the message of a mark of one cell says when it was made, on either page', async ({ page, open, server }) => {
  const { june, globex } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('d');
  const says = /^Marked Announce done for Acme, \d\d:\d\d$/;
  await expect(page.getByRole('status').getByText(says)).toBeVisible();
  await expect(page.getByRole('status').getByRole('button', { name: 'Undo', exact: true })).toHaveAccessibleDescription(says);
  await open(`/releases/${june}/customer/${globex}?step=${step.globex.announce}`);
  await page.keyboard.press('d');
  await expect(page.getByRole('status').getByText(/^Marked Announce done for Globex, \d\d:\d\d$/)).toBeVisible();
});

test('what Undo would do is read whole beside it, and the head stays as tall as it is', async ({ page, open, server }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  const { june, acme, eu } = await activeJune(server);
  const draft = { name: 'Tidewater Water and Power Utilities', clusterId: eu, namespace: 'acme', metadata: { HOST: 'acme.example' } };
  await server.call('update_customer', { id: acme, draft, version: 1 });
  await open(`/releases/${june}`);
  const height = async () => (await page.locator('.page__head').boundingBox())!.height;
  const before = await height();
  await cell(page, 'Step 2 Migrate schema, Tidewater Water and Power Utilities').click();
  await page.keyboard.press('d');
  const what = page.locator('#undo-what');
  await expect(what).toHaveText(/^mark done, Migrate schema for Tidewater Water and Power Utilities, \d\d:\d\d$/);
  expect(await what.evaluate(it => [it.scrollHeight <= it.clientHeight, it.scrollWidth <= it.clientWidth])).toEqual([true, true]);
  expect(await height()).toBe(before);
});

test('the keys work after a click in the bulk bar, and never in a text field', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('Shift+ArrowRight');
  await page.getByRole('toolbar', { name: 'Actions on the selection' }).getByRole('button', { name: 'Mark done' }).click();
  const globex = (state: string) => cell(page, new RegExp(`Step 1 Announce, Globex, eu-west: ${state}`));
  await expect(globex('done')).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(globex('pending')).toBeVisible();
  await page.keyboard.press('Control+Shift+Z');
  await expect(globex('done')).toBeVisible();
  await expect(undo(page)).toHaveAccessibleDescription(ofTwo);
  await cell(page, 'Step 1 Announce, Acme').click();
  const notes = page.getByRole('complementary', { name: 'Announce, Acme' }).getByLabel('Notes');
  await notes.pressSequentially('x');
  await notes.press('Control+z');
  await expect(undo(page)).toHaveAccessibleDescription(ofTwo);
  await expect(globex('done')).toBeVisible();
});

test('a click on Undo undoes what stands beside it, and a note that is being written stays', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('d');
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: done')).toBeVisible();
  await cell(page, 'Step 2 Migrate schema, Acme').click();
  const notes = page.getByRole('complementary', { name: 'Migrate schema, Acme' }).getByLabel('Notes');
  await notes.fill('half a sentence');
  await undo(page).click();
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
  await expect(notes).toHaveValue('half a sentence');
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await page.keyboard.press('d');
  await expect(page.getByRole('heading', { level: 2, name: 'Migrate schema', exact: true })).toBeVisible();
  await page.getByLabel('Notes').fill('another sentence');
  await undo(page).click();
  await expect(said(page, 'Undid')).toContainText('Announce for Acme');
  await expect(page.getByLabel('Notes')).toHaveValue('another sentence');
});

test('what is typed while an undo reads the steps again stays, with the focus and Redo', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await page.keyboard.press('d');
  await expect(page.getByRole('heading', { level: 2, name: 'Migrate schema', exact: true })).toBeVisible();
  const notes = page.getByLabel('Notes');
  await notes.fill('one');
  const goOn = [await hold(page, 'read_customer_work'), await hold(page, 'read_step')];
  await undo(page).click();
  await expect(said(page, 'Undid')).toContainText('Announce for Acme');
  await page.keyboard.type(', two');
  goOn[0]();
  await expect(page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: /^1 / })).toContainText('pending');
  await page.keyboard.type(', three');
  const read = page.waitForResponse(/read_step/);
  goOn[1]();
  await read;
  await page.keyboard.type(', four');
  await expect(notes).toHaveValue('one, two, three, four');
  await expect(notes).toBeFocused();
  await expect(redo(page)).toHaveAccessibleDescription(/^mark done, Announce for Acme, /);
  await page.getByRole('heading', { level: 2, name: 'Migrate schema', exact: true }).click();
  await expect(undo(page)).toHaveAccessibleDescription(/^edit(ed)? notes, Migrate schema for Acme, /);
});

test('a list that was read before a mark does not take it back when it comes after it', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  await page.keyboard.press('d');
  await expect(page.getByRole('heading', { level: 2, name: 'Migrate schema', exact: true })).toBeVisible();
  const goOn = await holdAnswer(page, 'read_customer_work');
  await undo(page).click();
  await goOn.made;
  const row = (n: number) => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: new RegExp(`^${n} `) });
  await page.keyboard.press('d');
  await expect(row(2)).toContainText('done by Ana Ferreira');
  goOn();
  await expect(row(1)).toContainText('pending');
  await expect(row(2)).toContainText('done by Ana Ferreira');
});

test('notes that go along with a mark are told by Undo', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = page.getByRole('complementary', { name: 'Announce, Acme' });
  await here.getByLabel('Notes').fill('called them');
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done with notes, Announce for Acme, /);
});

test('run mode and matrix undo what was done in this tab, whichever page it was done on', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  const first = page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: /^1 / });
  await page.keyboard.press('d');
  await expect(page.getByRole('heading', { level: 2, name: 'Migrate schema', exact: true })).toBeVisible();
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, Announce for Acme, \d\d:\d\d$/);
  await page.keyboard.press('Control+z');
  await expect(said(page, 'Undid "Mark done" on 1 cell: Announce for Acme. The record changed')).toBeVisible();
  await expect(first).toContainText('pending');
  await expect(redo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
  await page.keyboard.press('Control+Shift+Z');
  await expect(first).toContainText('done by Ana Ferreira');
  await page.getByRole('main').getByRole('link', { name: 'Matrix', exact: true }).click();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: done/)).toBeVisible();
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
  await undo(page).click();
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
  await expect(undo(page)).toHaveAttribute('aria-disabled', 'true');
});

test('the question before work is deleted waits until nothing is typed', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await page.getByRole('complementary').getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Add custom step…', exact: true }).click();
  const adding = page.getByRole('dialog', { name: 'Add custom step for Acme' });
  await adding.getByLabel('Name').fill('Own');
  await adding.getByLabel('Content').fill('true');
  await adding.getByRole('button', { name: 'Add step' }).click();
  await expect(undo(page)).toHaveAccessibleDescription(/^added Own, \d\d:\d\d$/);
  await expect(cell(page, /Own, Acme, eu-west: pending/)).toBeVisible();
  await other(server, 'Jonas')('act_on_step', act(13, 'done'));
  const go = await hold(page, 'undo');
  const answered = page.waitForResponse(/\/rpc\/undo/);
  await undo(page).click();
  const notes = page.getByRole('complementary').getByLabel('Notes');
  await notes.pressSequentially('still ');
  go();
  await answered;
  await notes.pressSequentially('typing');
  await expect(notes).toBeFocused();
  await expect(notes).toHaveValue('still typing');
  const dialog = page.getByRole('dialog', { name: 'Undo this change' });
  await expect(dialog).toHaveCount(0);
  await notes.blur();
  await expect(dialog.getByText(/Own, Acme has work \(done\) by Jonas/)).toBeVisible();
});

test('what was changed on the page of the steps in this tab is undone on the matrix, newest first', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('d');
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
  await open(`/releases/${june}/steps`);
  await page.getByRole('button', { name: 'Import runbook…' }).click();
  await page.getByLabel('Runbook in Markdown').fill('## Smoke test\n\n```bash\ntrue\n```\n');
  await page.getByRole('button', { name: 'Import 1 step' }).click();
  await expect(said(page, 'Imported 1 step')).toBeVisible();
  await page.getByRole('listitem').getByRole('button', { name: 'Upgrade', exact: true }).click();
  await page.getByLabel('Description').fill('Slow');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(said(page, 'Saved Upgrade')).toBeVisible();
  await open(`/releases/${june}`);
  await expect(undo(page)).toHaveAccessibleDescription(/^saved Upgrade, \d\d:\d\d$/);
  await undo(page).click();
  await expect(said(page, 'Undid "Edit" on 1 step')).toBeVisible();
  await expect(undo(page)).toHaveAccessibleDescription(/^imported 1 step, /);
  await undo(page).click();
  await expect(cell(page, /Smoke test/)).toHaveCount(0);
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
  await undo(page).click();
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
});

test('an own change of the template that has no answer yet ends nothing when the list is checked', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('d');
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
  const check = await hold(page, 'is_changed_elsewhere');
  await open(`/releases/${june}/steps`);
  await page.getByRole('listitem').getByRole('button', { name: 'Upgrade', exact: true }).click();
  await page.getByLabel('Description').fill('Slow');
  const save = await holdAnswer(page, 'update_template');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await save.made;
  const checked = page.waitForResponse(/\/rpc\/is_changed_elsewhere/);
  check();
  await (await checked).finished();
  const again = page.waitForResponse(/\/rpc\/is_changed_elsewhere/);
  save();
  await again;
  await expect(said(page, 'Saved Upgrade')).toBeVisible();
  await open(`/releases/${june}`);
  await expect(undo(page)).toHaveAccessibleDescription(/^saved Upgrade, /);
  await undo(page).click();
  await expect(said(page, 'Undid "Edit" on 1 step')).toBeVisible();
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
});

// Makes a change of the template whose page is left before its answer, with `prepare` on that page.
async function leaveBeforeAnswer(page: Page, open: (path: string) => Promise<void>, june: number, prepare = async () => {}) {
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('d');
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
  await open(`/releases/${june}/steps`);
  await prepare();
  const order = await holdAnswer(page, 'place_template');
  await page.getByRole('button', { name: 'Move Announce', exact: true }).press('Alt+ArrowDown');
  await order.made;
  await page.getByRole('main').getByRole('link', { name: 'Matrix', exact: true }).click();
  await expect(cell(page, /Announce, Acme, eu-west: done/)).toBeVisible();
  return order;
}

test('an own change of the template whose page was left before the answer is undone on the matrix too', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  const order = await leaveBeforeAnswer(page, open, june);
  order();
  await expect(undo(page)).toHaveAccessibleDescription(/^edit template, \d\d:\d\d$/);
  await undo(page).click();
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
});

test('an own change of the template that was made before the page had its connection ends nothing either', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await page.route(/\/live\.js/, () => {});
  let found: Promise<Response> | undefined;
  const order = await leaveBeforeAnswer(page, open, june, async () => {
    found = page.waitForResponse(async it => /\/rpc\/is_changed_elsewhere/.test(it.url()) && (await it.text()).includes('Ana Ferreira'));
  });
  await (await found!).finished();
  order();
  await expect(undo(page)).toHaveAccessibleDescription(/^edit template, \d\d:\d\d$/);
  await undo(page).click();
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
});

test('the page has taken an answer before it is told that all are here, also if the body is slow', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  const order = await leaveBeforeAnswer(page, open, june, () => page.evaluate(() => {
    // A body that is read a second time comes after that was told.
    const read = Response.prototype.arrayBuffer;
    let isRead = false;
    Response.prototype.arrayBuffer = async function () {
      if (this.url.includes('/rpc/place_template')) {
        if (isRead) await new Promise(done => addEventListener('rollcall-written', done, { once: true }));
        isRead = true;
      }
      return read.call(this);
    };
  }));
  order();
  await expect(undo(page)).toHaveAccessibleDescription(/^edit template, \d\d:\d\d$/);
  await undo(page).click();
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
});

test('an undo that waits for a mark undoes that mark, also if the page is left before the answer', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('d');
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, Announce for Acme, /);
  const go = await hold(page, 'act_on_step');
  await cell(page, 'Step 1 Announce, Globex').click();
  await page.keyboard.press('d');
  await page.keyboard.press('Control+z');
  await leave(page);
  go();
  await expect(said(page, 'Undid "Mark done" on 1 cell: Announce for Globex')).toBeVisible();
  await open(`/releases/${june}`);
  await expect(cell(page, 'Step 1 Announce, Globex, eu-west: pending')).toBeVisible();
  await expect(cell(page, /Step 1 Announce, Acme, eu-west: done/)).toBeVisible();
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, Announce for Acme, /);
});

for (const [of, name, keys, says, what] of [
  ['one cell', 'act_on_step', ['d'], 'Marked Announce done for Acme', /^mark done, Announce for Acme, \d\d:\d\d$/],
  ['many cells', 'act_on_steps', ['Shift+ArrowRight', 'd'], 'Marked 2 cells done', ofTwo],
] as const)
  test(`a mark of ${of} whose page was left before the answer is told, and undone when one comes back`, async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    const go = await hold(page, name);
    await cell(page, 'Step 1 Announce, Acme').click();
    for (const key of keys) await page.keyboard.press(key);
    await leave(page);
    go();
    await expect(said(page, says)).toBeVisible();
    await open(`/releases/${june}`);
    await expect(undo(page)).toHaveAccessibleDescription(what);
    await undo(page).click();
    await expect(cell(page, 'Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
  });

test('notes that are saved as their page is left are undone when one comes back', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await page.getByRole('complementary', { name: 'Announce, Acme' }).getByLabel('Notes').fill('called');
  const saved = page.waitForResponse(/\/rpc\/note_step/);
  await leave(page);
  await (await saved).finished();
  await page.getByRole('main').getByRole('link', { name: 'June', exact: true }).first().click();
  await expect(undo(page)).toHaveAccessibleDescription(/^edit notes, Announce for Acme, \d\d:\d\d$/);
});

test('an override and its end are called by their step and customer, wherever they are undone', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const panel = page.getByRole('complementary', { name: 'Upgrade, Acme' });
  const choose = async (item: string) => {
    await panel.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await choose('Override');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  await dialog.getByLabel('Content').fill('exit 0');
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  const what = /^override, Upgrade for Acme, \d\d:\d\d$/;
  await expect(undo(page)).toHaveAccessibleDescription(what);
  await expect(said(page, 'Text overridden for this customer').getByText(what)).toBeVisible();
  await expect(panel.getByText('Overridden')).toBeVisible();
  await choose('Reset to template');
  await expect(undo(page)).toHaveAccessibleDescription(/^reset to template, Upgrade for Acme, \d\d:\d\d$/);
  await undo(page).click();
  await expect(said(page, 'Undid "Reset to template" on 1 cell: Upgrade for Acme.')).toBeVisible();
  await expect(undo(page)).toHaveAccessibleDescription(what);
  await undo(page).click();
  await expect(said(page, 'Undid "Override" on 1 cell: Upgrade for Acme.')).toBeVisible();
  await expect(redo(page)).toHaveAccessibleDescription(what);
});

test('an undo of a redo says what it undoes', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('d');
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
  for (const [key, says] of [['Control+z', 'Undid "Mark done" on 1 cell'], ['Control+Shift+Z', 'Redid "Mark done" on 1 cell'], ['Control+z', 'Undid "Mark done" on 1 cell']]) {
    await page.keyboard.press(key);
    await expect(said(page, says)).toBeVisible();
  }
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
  await open('/activity');
  await expect(page.locator('main ol.log > li').first()).toContainText('undid "marked done"');
});

test.describe('on a page that hears what others change', () => {
  test.use({ hears: true });

  test('a change of the template elsewhere ends what can be undone here, and one of a step does not', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    const jonas = other(server, 'Jonas');
    await open(`/releases/${june}`);
    await cell(page, 'Step 1 Announce, Acme').click();
    await page.keyboard.press('d');
    await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
    await jonas('act_on_step', act(step.globex.announce, 'done'));
    await expect(cell(page, /Step 1 Announce, Globex, eu-west: done by Jonas/)).toBeVisible();
    await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
    const draft = { name: 'Announce', category: 'deploy', type: 'text', content: 'Tell everybody.', description: '' };
    await jonas('update_template', { id: 1, draft, version: 1 });
    await expect(undo(page)).toHaveAccessibleDescription('Nothing to undo');
    await page.keyboard.press('Control+z');
    await expect(page.getByRole('status').filter({ hasText: 'Nothing to undo: Jonas has changed the template or the release since then.' })).toBeVisible();
    await expect(cell(page, /Step 1 Announce, Acme, eu-west: done/)).toBeVisible();
  });
});

test('what stood in the way of an undo, and who, is told again when nothing is left', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('d');
  await expect(undo(page)).toHaveAccessibleDescription(/^mark done, .+ for .+, /);
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'reopen'));
  await page.keyboard.press('Control+z');
  await expect(said(page, 'Nothing can be restored: Announce, Acme was changed since by Jonas')).toBeVisible();
  await expect(undo(page)).toHaveAccessibleDescription('Nothing to undo');
  await page.keyboard.press('Control+z');
  await expect(said(page, 'Nothing to undo: nothing can be restored: Announce, Acme was changed since by Jonas.')).toBeVisible();
});

test('a copy of a tab has nothing to undo of it, and a reload keeps what is its own', async ({ page, open, server, context }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const mark = async (it: Page, customer: string) => {
    await cell(it, `Step 1 Announce, ${customer}`).click();
    await it.keyboard.press('d');
    await expect(undo(it)).toHaveAccessibleDescription(new RegExp(`^mark done, Announce for ${customer}, `));
  };
  await mark(page, 'Acme');
  // As with a duplicate, what the tab keeps is copied.
  const [copy] = await Promise.all([context.waitForEvent('page'), page.evaluate(() => { window.open(location.pathname); })]);
  await live(copy);
  await expect(cell(copy, /Step 1 Announce, Acme, eu-west: done/)).toBeVisible();
  await expect(undo(copy)).toHaveAccessibleDescription('Nothing to undo');
  await mark(copy, 'Globex');
  for (const [it, customer] of [[page, 'Acme'], [copy, 'Globex']] as const) {
    await it.reload();
    await live(it);
    await expect(undo(it)).toHaveAccessibleDescription(new RegExp(`^mark done, Announce for ${customer}, `));
  }
  await undo(copy).click();
  await expect(cell(copy, 'Step 1 Announce, Globex, eu-west: pending')).toBeVisible();
  await expect(undo(copy)).toHaveAttribute('aria-disabled', 'true');
  // Another page of the site, and back.
  await page.goto(`${server.url}/help`);
  await open(`/releases/${june}`);
  await undo(page).click();
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: pending')).toBeVisible();
});
