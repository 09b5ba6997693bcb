// The step panel: what it shows and copies, notes, size and layout, by mouse and by keyboard.
import type { Page } from '@playwright/test';
import { test, expect, live } from '../fixtures/app';
import { act, HOSTILE, other, step } from '../fixtures/other';
import { activeJune, june as draftJune, many } from '../fixtures/world';

const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
const cell = (page: Page, name: string) => page.getByRole('gridcell', { name });
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const TEXT = 'set -e\ncurl https://acme.example/healthz';

test('each value says where it came from, under the pointer and with the keyboard', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  const value = here.locator('var', { hasText: 'acme.example' });
  const tip = here.getByRole('tooltip');
  await value.hover();
  await expect(tip).toHaveText('{{var.HOST}} is acme.example, from the customer');
  await here.getByRole('heading', { name: 'History' }).hover();
  await expect(tip).toBeHidden();
  await value.focus();
  await expect(tip).toHaveText('{{var.HOST}} is acme.example, from the customer');
  await expect(here.locator('.ln')).toHaveText(['set -e', 'curl https://acme.example/healthz']);
  await value.blur();
  await expect(tip).toBeHidden();
  // Folded away as long as none is missing.
  const values = here.getByRole('group').filter({ hasText: 'Values' });
  await expect(values.getByText('acme.example')).toBeHidden();
  await values.getByText('1, all set').click();
  await expect(values.getByText('acme.example')).toBeVisible();
});

test('what is missing is marked, listed, and leads to where it is filled in', async ({ page, open, server }) => {
  const world = await activeJune(server);
  await open(`/releases/${world.june}?step=${step.initech.upgrade}`);
  const here = panel(page, 'Upgrade, Initech');
  await expect(here.locator('var[data-unresolved]')).toHaveText('{{var.HOST}}');
  await expect(here.getByText('1 of 1 missing')).toBeVisible();
  await expect(here.getByLabel('Value of var.HOST')).toBeVisible();
  await here.getByRole('button', { name: 'Copy', exact: false }).first().click();
  await expect(here.getByText('var.HOST not set.')).toBeVisible();
  const link = here.getByRole('link', { name: 'Initech' });
  await expect(link).toHaveAttribute('href', `/customers/${world.initech}/edit`);
  await here.getByRole('button', { name: 'Copy anyway' }).click();
  await expect(here.getByRole('button', { name: 'Copied for Initech (us-east)' })).toBeVisible();
});

test('a copy in the panel asks first if somebody else has the step in progress', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june } = await activeJune(server);
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'start'));
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  const question = page.getByRole('dialog', { name: /^In progress by Jonas since \d\d:\d\d\. Copy anyway\?$/ });
  await here.getByRole('button', { name: 'Copy', exact: true }).click();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toHaveCount(0);
  await expect(here.getByRole('button', { name: 'Copy', exact: true })).toBeVisible();
  await here.getByRole('button', { name: 'Copy options' }).click();
  await page.getByRole('menuitem', { name: 'Script only' }).click();
  await question.getByRole('button', { name: 'Copy anyway' }).click();
  await expect(here.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  await cell(page, 'Step 1 Announce, Acme, eu-west: in progress by Jonas').click();
  await page.keyboard.press('c');
  await question.getByRole('button', { name: 'Take over and copy' }).click();
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: in progress by Ana Ferreira')).toBeVisible();
});

test('the text is copied in five formats, and the choice is remembered', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  const header = ": 'Acme | eu-west | acme | June, step 3 Upgrade'";
  await expect(here.getByText('Copies: With header')).toBeVisible();
  // The line that a copy begins with stands above the text.
  await expect(here.getByText(header, { exact: true })).toBeVisible();
  await here.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(here.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  expect(await clipboard(page)).toBe(`${header}\n${TEXT}`);
  const copy = async (format: string) => {
    await here.getByRole('button', { name: 'Copy options' }).click();
    await page.getByRole('menuitem', { name: format }).click();
    await expect(here.getByText(`Copies: ${format}`)).toBeVisible();
  };
  await copy('Script only');
  await expect(here.getByText(header, { exact: true })).toHaveCount(0);
  // The menu marks the form that the button copies.
  await here.getByRole('button', { name: 'Copy options' }).click();
  const current = page.getByRole('menuitem').and(page.locator('[aria-current]'));
  await expect(current).toHaveText('Script only');
  await page.keyboard.press('Escape');
  await expect.poll(() => clipboard(page)).toBe(TEXT);
  await copy('Template (unresolved)');
  await expect.poll(() => clipboard(page)).toBe('set -e\ncurl https://{{var.HOST}}/healthz');
  await copy('With kubectl context check');
  await expect.poll(() => clipboard(page)).toContain(`[ "$found" = 'eu-west' ] ||`);
  await copy('In bash, from any shell');
  await expect.poll(() => clipboard(page)).toMatch(/^: 'Acme[^]*\nbash \/dev\/fd\/3 3<<'END_OF_STEP'\n[^]*\nEND_OF_STEP$/);
  // The next step has not been copied; sql has no context to check, and its button falls back to the header.
  await here.getByRole('button', { name: 'Previous step' }).click();
  const before = panel(page, 'Migrate schema, Acme');
  await expect(before.getByText('Copies: With header')).toBeVisible();
  await before.getByRole('button', { name: 'Copy options' }).click();
  await expect(page.getByRole('menuitem')).toHaveCount(3);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await expect(here.getByText('Copies: In bash, from any shell')).toBeVisible();
  await here.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect.poll(() => clipboard(page)).toContain('bash /dev/fd/3');
});

test('copying works in a page that is no secure context', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await page.addInitScript(() => {
    Object.defineProperty(window, 'isSecureContext', { value: false });
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
  });
  await open(`/releases/${june}?step=${step.acme.check}`);
  const here = panel(page, 'Check, Acme');
  await here.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(here.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeVisible();
  await here.getByLabel('Notes').focus();
  await page.keyboard.press('Control+v');
  await expect(here.getByLabel('Notes')).toHaveValue(": 'Acme | eu-west | acme | June, step 4 Check'\nkubectl -n acme get pods");
});

test('raw or resolved, wrapped or not: it stays so while the panel moves', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await panel(page, 'Upgrade, Acme').getByRole('button', { name: 'Raw', exact: true }).click();
  await panel(page, 'Upgrade, Acme').getByRole('button', { name: 'Wrap' }).click();
  await panel(page, 'Upgrade, Acme').getByRole('button', { name: 'Next customer' }).click();
  const next = panel(page, 'Upgrade, Globex');
  await expect(next.getByRole('region', { name: 'Raw text' })).toContainText('curl https://{{var.HOST}}/healthz');
  await expect(next.getByRole('button', { name: 'Wrap' })).toHaveAttribute('aria-pressed', 'false');
  await next.getByRole('button', { name: 'Resolved' }).click();
  await expect(next.getByRole('region', { name: 'Resolved text' })).toContainText('curl https://globex.example/healthz');
});

test('More closes after a choice, on Escape, and when one presses elsewhere', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  const more = here.getByRole('button', { name: 'More', exact: true });
  const menu = page.getByRole('menu', { name: 'More' });
  await more.click();
  await expect(menu).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
  await expect(more).toBeFocused();
  await more.click();
  await here.getByRole('heading', { name: 'Announce' }).click();
  await expect(menu).toBeHidden();
  await more.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'Start' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'Revert…' })).toBeFocused();
  await expect(page.getByRole('menuitem', { name: 'Revert…' })).toHaveAttribute('title', 'A pending step cannot be reverted');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(menu).toBeHidden();
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: in progress by Ana Ferreira')).toBeVisible();
  await expect(here.getByText(/Ana Ferreira since \d\d:\d\d/)).toBeVisible();
});

test('the panel is as wide as one wants, by pointer and by keys, also tomorrow', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  const edge = here.getByRole('separator', { name: 'Width of the panel' });
  const width = async () => Math.round((await here.boundingBox())!.width);
  await expect(edge).toHaveAttribute('aria-valuenow', '400');
  await edge.press('ArrowLeft');
  await expect(edge).toHaveAttribute('aria-valuenow', '420');
  await expect.poll(width).toBe(420);
  const box = (await edge.boundingBox())!;
  await page.mouse.move(box.x + 3, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(900, box.y + 200, { steps: 5 });
  await page.mouse.up();
  await expect(edge).toHaveAttribute('aria-valuenow', '540');
  await page.reload();
  await live(page);
  await expect(edge).toHaveAttribute('aria-valuenow', '540');
  await expect.poll(width).toBe(540);
  await edge.press('Home');
  await expect(edge).toHaveAttribute('aria-valuenow', '320');
});

test('notes are saved when their field is left, and shown as saved', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').fill('called them');
  // A change of the state is none of the notes.
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'start'));
  await here.getByRole('button', { name: 'Next step' }).click();
  await expect(panel(page, 'Migrate schema, Acme').getByLabel('Notes')).toHaveValue('');
  await panel(page, 'Migrate schema, Acme').getByRole('button', { name: 'Previous step' }).click();
  await expect(here.getByLabel('Notes')).toHaveValue('called them');
  await expect(here.getByText('Saved', { exact: true })).toBeVisible();
  await expect(here.getByText(/Jonas since/)).toBeVisible();
  await expect(cell(page, 'Step 1 Announce, Acme, eu-west: in progress by Jonas')).toHaveAttribute('aria-label', /with a note/);
  await here.getByLabel('Notes').fill('called them twice');
  await here.getByRole('button', { name: 'Save notes' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Notes saved' })).toBeVisible();
  await page.reload();
  await live(page);
  await expect(here.getByLabel('Notes')).toHaveValue('called them twice');
});

test('a start by somebody else is shown as soon as notes are saved over it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').fill('called them');
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'start'));
  await here.getByLabel('Notes').blur();
  await expect(here.getByText(/Jonas since/)).toBeVisible();
  await expect(here.getByLabel('Notes')).toHaveValue('called them');
});

test('the panel of an archived release has no buttons that would not work', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('act_on_step', act(step.acme.announce, 'done'));
  await server.call('archive_release', { id: june });
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await expect(here.getByRole('button', { name: 'Copy', exact: true })).toBeVisible();
  for (const name of ['Revert', 'Reopen', 'Mark done', 'More'])
    await expect(here.getByRole('button', { name })).toHaveCount(0);
});

test('notes that are being written are saved when the page is left by the back button', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open('/releases');
  await page.getByRole('link', { name: 'June', exact: true }).click();
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('Enter');
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').fill('half a sentence');
  const saved = page.waitForResponse(it => it.url().endsWith('/rpc/note_step'));
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Releases' })).toBeVisible();
  await saved;
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await expect(here.getByLabel('Notes')).toHaveValue('half a sentence');
});

test('Mark done takes along what stands in the Notes box', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  const sent: string[] = [];
  page.on('request', it => { if (/rpc\/(note_step|act_on_step)/.test(it.url())) sent.push(it.url().split('/rpc/')[1]); });
  await here.getByLabel('Notes').fill('called them');
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(cell(page, /Announce, Acme, eu-west: done by Ana Ferreira.*with a note/)).toBeVisible();
  await expect(here.getByText('Saved', { exact: true })).toBeVisible();
  expect(sent).toEqual(['act_on_step']);
  await page.reload();
  await live(page);
  await expect(here.getByLabel('Notes')).toHaveValue('called them');
  await expect(here.getByRole('listitem').filter({ hasText: 'marked' })).toHaveCount(1);
});

test('notes whose mark was not made are saved when its button is left', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').fill('called them');
  await here.getByRole('button', { name: 'Mark done' }).focus();
  const saved = page.waitForResponse(it => it.url().endsWith('/rpc/note_step'));
  await here.getByRole('button', { name: 'Copy', exact: true }).focus();
  await saved;
  await expect(here.getByText('Saved', { exact: true })).toBeVisible();
});

test('notes that somebody else wrote meanwhile stop the mark, and nothing is lost', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').fill('mine');
  await other(server, 'Jonas')('note_step', { id: step.acme.announce, notes: 'theirs', version: 1 });
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Announce was not marked done: its notes could not be saved.' })).toBeVisible();
  await expect(here.getByText(/Jonas changed this at \d\d:\d\d/)).toBeVisible();
  await expect(here.getByLabel('Notes')).toHaveValue('mine');
  await expect(cell(page, 'Announce, Acme, eu-west: pending')).toBeVisible();
  await here.getByRole('button', { name: 'Keep mine' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Notes saved' })).toBeVisible();
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(cell(page, /Announce, Acme, eu-west: done by Ana Ferreira/)).toBeVisible();
});

test('who wrote meanwhile is shown with what was written, and nothing that was typed is lost', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').fill('mine');
  await other(server, 'Jonas')('note_step', { id: step.acme.announce, notes: 'theirs', version: 1 });
  await here.getByRole('button', { name: 'Save notes' }).click();
  await expect(here.getByText(/Jonas changed this at \d\d:\d\d/)).toBeVisible();
  await here.getByRole('button', { name: 'Show changes' }).click();
  await expect(here.getByRole('region', { name: 'Theirs and Yours' })).toContainText('theirs');
  await expect(here.getByLabel('Notes')).toHaveValue('mine');
  await here.getByRole('button', { name: 'Keep mine' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Notes saved' })).toBeVisible();
  await page.reload();
  await live(page);
  await expect(here.getByLabel('Notes')).toHaveValue('mine');
  await expect(here.getByRole('listitem').filter({ hasText: 'Jonas changed the notes' })).toContainText('theirs');
});

test('done keeps the text as it was, and the history leads back', async ({ page, open, server }) => {
  const world = await activeJune(server);
  await open(`/releases/${world.june}?step=${step.acme.upgrade}`);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(here.getByText('Text as shown, SHA-256')).toBeVisible();
  await server.call('update_customer', { id: world.acme, draft: { name: 'Acme', clusterId: world.eu, namespace: 'acme', metadata: { HOST: 'elsewhere.example' } }, version: 1 });
  await page.reload();
  await live(page);
  await expect(here.getByRole('region', { name: 'Resolved text' })).toContainText('acme.example');
  await expect(here.getByText("Today's text differs.")).toBeVisible();
  await here.getByRole('button', { name: 'Show the difference' }).click();
  await expect(here.getByRole('region', { name: 'Difference' })).toContainText('elsewhere.example');
  await here.getByText('Text as shown, SHA-256').click();
  await expect(here.getByRole('region', { name: 'Text as shown' })).toHaveText(TEXT);
  await here.getByRole('button', { name: 'Undo this' }).click();
  const dialog = page.getByRole('dialog', { name: 'Undo this change' });
  await expect(dialog.getByText('Upgrade, Acme: done → pending')).toBeVisible();
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Undid "Mark done" on 1 cell' })).toBeVisible();
  await expect(cell(page, 'Step 3 Upgrade, Acme, eu-west: pending')).toBeVisible();
  await expect(here.getByRole('listitem').filter({ hasText: 'undid "marked done"' })).toBeVisible();
});

test('a second person sees who was faster and when, and nothing changes', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await other(server, 'Jonas')('act_on_step', act(step.acme.announce, 'done'));
  const here = panel(page, 'Announce, Acme');
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(page.getByRole('status').filter({ hasText: /Already done by Jonas at \d\d:\d\d: Announce for Acme/ })).toBeVisible();
  await expect(here.getByText(/Jonas at \d\d:\d\d/)).toBeVisible();
  await expect(here.getByRole('listitem').filter({ hasText: 'marked done' })).toHaveCount(1);
  await expect(here.getByRole('alert')).toHaveCount(0);
});

test('previous and next follow the filtered order, and Escape comes back to the cell', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('act_on_step', act(step.globex.announce, 'done'));
  await open(`/releases/${june}`);
  await page.getByRole('button', { name: 'Open only' }).click();
  await cell(page, 'Step 1 Announce, Acme').click();
  await page.keyboard.press('Enter');
  await panel(page, 'Announce, Acme').getByRole('button', { name: 'Next customer' }).click();
  const here = panel(page, 'Announce, Initech');
  await expect(here).toBeVisible();
  await here.getByRole('button', { name: 'Next step' }).press('Escape');
  await expect(here).toHaveCount(0);
  await expect(cell(page, 'Step 1 Announce, Initech')).toBeFocused();
});

test('the second click of a double click never presses a button of the panel that the first one opened', async ({ page, open, server }) => {
  const { release } = await many(server, 30, 30);
  await open(`/releases/${release}`);
  await cell(page, 'Step 1 s00, c00').click();
  const done = (await panel(page, 's00, c00').getByRole('button', { name: 'Mark done' }).boundingBox())!;
  await page.getByRole('button', { name: 'Close the panel' }).click();
  await expect(page.getByRole('complementary')).toHaveCount(0);
  const [x, y] = [done.x + done.width / 2, done.y + done.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.up();
  const button = page.getByRole('complementary').getByRole('button', { name: 'Mark done' });
  await expect(button).toBeVisible();
  expect(await button.evaluate((it, [x, y]) => it.contains(document.elementFromPoint(x, y)), [x, y])).toBe(true);
  await page.mouse.down({ clickCount: 2 });
  await page.mouse.up({ clickCount: 2 });
  await expect(page.getByRole('gridcell').and(page.locator(':focus'))).toHaveCount(1);
  // The button still hears a click that begins there.
  await page.mouse.down();
  await page.mouse.up();
  await expect(page.getByRole('status').filter({ hasText: 'Marked' })).toBeVisible();
  const { progress } = await (await fetch(`${server.url}/api/releases/${release}`)).json();
  expect(progress.counts.done).toBe(1);
});

test('the open cell stays in sight beside the panel', async ({ page, open, server }) => {
  const { release } = await many(server, 3, 30);
  await open(`/releases/${release}?step=88`);
  await expect(panel(page, 's0, c29')).toBeVisible();
  await expect(cell(page, 'Step 1 s0, c29')).toBeInViewport();
  // This one is in sight before, but would be under the panel.
  await open(`/releases/${release}`);
  await cell(page, 'Step 2 s1, c13').dblclick();
  await expect(panel(page, 's1, c13')).toBeVisible();
  await expect(cell(page, 'Step 2 s1, c13')).toBeInViewport({ ratio: 0.9 });
  await panel(page, 's1, c13').getByRole('button', { name: 'Next customer' }).click();
  await expect(cell(page, 'Step 2 s1, c14')).toBeInViewport({ ratio: 0.9 });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 780 } });
  test('the customer is named whole, and every choice can be reached', async ({ page, open, server }) => {
    const world = await activeJune(server);
    const name = 'Tidewater Utilities and Sons';
    await server.call('update_customer', { id: world.acme, draft: { name, clusterId: world.eu, namespace: 'acme', metadata: { HOST: 'acme.example' } }, version: 1 });
    const more = page.getByRole('button', { name: 'More', exact: true });
    await open(`/releases/${world.june}?step=${step.acme.upgrade}`);
    await more.last().click();
    for (const item of ['Start', 'Override', 'Add custom step…'])
      await expect(page.getByRole('menuitem', { name: item })).toBeInViewport();
    await open(`/releases/${world.june}/customer/${world.acme}?step=${step.acme.upgrade}`);
    const title = page.getByRole('heading', { level: 1, name });
    expect(await title.evaluate(it => it.scrollWidth <= it.clientWidth)).toBe(true);
    await more.last().click();
    for (const item of ['Start', 'Override', 'Add custom step…'])
      await expect(page.getByRole('menuitem', { name: item })).toBeInViewport();
    await open(`/releases/${world.june}/customer/${world.acme}?view=list`);
    await expect(page.getByRole('link', { name: 'Continue: 1 Announce' })).toBeInViewport();
  });

  test('a value stands beside its name, and the field for it below', async ({ page, open, server }) => {
    const world = await activeJune(server);
    await open(`/releases/${world.june}/customer/${world.initech}?step=${step.initech.upgrade}`);
    const value = await page.getByRole('definition').filter({ hasText: 'not set' }).boundingBox();
    const field = await page.getByLabel('Value of var.HOST').boundingBox();
    expect(value!.width).toBeGreaterThan(100);
    expect(field!.width).toBeGreaterThan(90);
    expect(field!.y).toBeGreaterThanOrEqual(value!.y + value!.height);
  });
});

test('by keyboard alone: copied, done, on to the next', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const first = panel(page, 'Announce, Acme');
  await first.getByRole('button', { name: 'Copy', exact: true }).press('Enter');
  await expect(first.getByRole('button', { name: 'Copied for Acme (eu-west)' })).toBeFocused();
  await first.getByRole('button', { name: 'Mark done' }).press('Enter');
  await first.getByRole('button', { name: 'Next', exact: true }).press('Enter');
  const next = panel(page, 'Migrate schema, Acme');
  await expect(next.getByRole('button', { name: 'Copy', exact: true })).toBeFocused();
  // The reason's dialog gives the keyboard back.
  await next.getByRole('button', { name: 'Skip…' }).press('Enter');
  await page.getByLabel('Reason').fill('no schema');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(next.getByRole('button', { name: 'Skip…' })).toBeFocused();
});

test('each action keeps the reason that was typed for it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await expect(panel(page, 'Announce, Acme')).toBeVisible();
  const write = async (key: string, expected: string, reason: string) => {
    await cell(page, 'Step 1 Announce, Acme').press(key);
    await expect(page.getByLabel('Reason')).toHaveValue(expected);
    await page.getByLabel('Reason').fill(reason);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  };
  await write('s', '', 'not needed');
  await write('f', '', 'no answer');
  await write('s', 'not needed', 'not needed');
  await write('f', 'no answer', 'no answer');
});

test('hostile words are words in every part of the panel', async ({ page, open, server }) => {
  const world = await draftJune(server);
  await server.call('update_customer', { id: world.acme, draft: { name: HOSTILE, clusterId: world.eu, namespace: 'acme', metadata: { HOST: HOSTILE } }, version: 1 });
  await server.call('add_template', { release: world.june, draft: { name: HOSTILE.slice(0, 90), category: 'deploy', type: 'bash', content: `${HOSTILE}\n{{var.HOST}} {{customer.name | quote}}`, description: HOSTILE }, place: 'Last' });
  await server.call('activate_release', { id: world.june, customers: [world.acme] });
  await server.call('act_on_step', act(4, 'fail', HOSTILE));
  await server.call('note_step', { id: 4, notes: HOSTILE, version: 2 });
  await server.call('override_step', { id: 4, content: `${HOSTILE}{{var.HOST}}`, version: 3 });
  await open(`/releases/${world.june}?step=4`);
  const here = page.getByRole('complementary');
  await expect(here.getByRole('region', { name: 'Resolved text' })).toContainText(`${HOSTILE}${HOSTILE}`);
  await here.locator('var').focus();
  await expect(here.getByRole('tooltip')).toHaveText(`{{var.HOST}} is ${HOSTILE}, from the customer`);
  await here.getByText('Show the difference').first().click();
  await here.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Override' }).click();
  await expect(page.getByRole('dialog').getByLabel('Content')).toHaveValue(`${HOSTILE}{{var.HOST}}`);
  await expect(page.getByRole('dialog').locator('table ins').first()).toContainText('onerror');
  await expect(page.locator('img')).toHaveCount(0);
  await expect(page).not.toHaveTitle('owned');
});

test('an arrow key beside the open panel does not style the whole document anew', async ({ page, open, server }) => {
  const { release } = await many(server, 30, 40);
  await open(`/releases/${release}?step=1`);
  await expect(panel(page, 's00, c00')).toBeVisible();
  await cell(page, 'Step 1 s00, c00').focus();
  const client = await page.context().newCDPSession(page);
  const styled: number[] = [];
  client.on('Tracing.dataCollected', it => {
    for (const event of it.value as { name: string, args: { elementCount?: number } }[]) if (event.name === 'UpdateLayoutTree') styled.push(event.args.elementCount ?? 0);
  });
  await client.send('Tracing.start', { categories: 'devtools.timeline', transferMode: 'ReportEvents' });
  await page.keyboard.press('ArrowDown');
  await expect(panel(page, 's01, c00')).toBeVisible();
  const ended = new Promise(done => client.once('Tracing.tracingComplete', done));
  await client.send('Tracing.end');
  await ended;
  const all = await page.locator('body *').count();
  const most = Math.max(...styled);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(all);
});
