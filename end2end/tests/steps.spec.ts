// The template steps of a release: reordered by mouse, keyboard and menu; edited with a preview for a customer; changed in an
// active release after a dry run; imported and exported as Markdown; and every error.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { test, expect, live, type Server } from '../fixtures/app';
import { violations } from '../fixtures/axe';
import { hold } from '../fixtures/hold';
import { activeJune, june as draftJune } from '../fixtures/world';

const list = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const deploy = (page: Page) => list(page, 'Deploy').getByRole('listitem');
const handle = (page: Page, name: string) => page.getByRole('button', { name: `Move ${name}`, exact: true });
const step = (page: Page, name: string) => page.getByRole('listitem').getByRole('button', { name, exact: true });
const said = (page: Page, text: string) => expect(page.getByRole('status').filter({ hasText: text })).toHaveCount(1);

// Somebody else, at the same time.
async function jonas(server: Server, name: string, body: unknown) {
  const answer = await fetch(`${server.url}/rpc/${name}`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-rollcall-user': 'Jonas' }, body: JSON.stringify(body) });
  expect(answer.ok).toBe(true);
}

// Takes a step by its handle to the place of another, and holds it there. Rows may still be on their way to their places:
// hovering waits until they are.
async function lift(page: Page, name: string, to: string) {
  await handle(page, to).hover();
  await handle(page, name).hover();
  const target = (await handle(page, to).boundingBox())!;
  await page.mouse.down();
  await page.mouse.move(target.x + target.width / 2, target.y + target.height / 2, { steps: 8 });
}

test.describe('order', () => {
  test('a step is dragged to its place, and Escape puts it back', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await lift(page, 'Upgrade', 'Announce');
    await expect(page.locator('.lifted')).toContainText('from 3');
    await expect(page.locator('.lifted .no')).toHaveText('1');
    await expect(page.locator('[data-drop=before]')).toContainText('Announce');
    await page.keyboard.press('Escape');
    await expect(page.locator('.lifted')).toHaveCount(0);
    await page.mouse.up();
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/]);
    await expect(page.getByRole('menu')).toHaveCount(0);

    await lift(page, 'Upgrade', 'Announce');
    await page.mouse.up();
    await expect(deploy(page)).toHaveText([/Upgrade/, /Announce/, /Migrate schema/]);
    await said(page, 'Step Upgrade moved from 3 to 1 of 3');
    await expect(page.locator('.lifted, [data-drop], [data-from]')).toHaveCount(0);

    await lift(page, 'Upgrade', 'Migrate schema');
    await expect(page.locator('[data-drop=after]')).toContainText('Migrate schema');
    await page.mouse.up();
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/]);
    await page.reload();
    await live(page);
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/]);
  });

  test('a second press while the first one is being saved is not lost', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    const go = await hold(page, 'place_template');
    await handle(page, 'Announce').focus();
    await page.keyboard.press('Alt+ArrowDown');
    await page.keyboard.press('Alt+ArrowDown');
    go();
    await expect(deploy(page)).toHaveText([/Migrate schema/, /Upgrade/, /Announce/]);
    await expect(handle(page, 'Announce')).toBeFocused();
    // And while the list is read anew behind the answer.
    const late = await hold(page, 'read_release');
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('Alt+ArrowUp');
    late();
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/]);
    // At the end of the list there is nothing to ask for.
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('Alt+ArrowDown');
    await expect(deploy(page)).toHaveText([/Migrate schema/, /Announce/, /Upgrade/]);
  });

  test('Alt and the arrows move a step, and the keyboard stays with it', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await handle(page, 'Announce').focus();
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('Alt+ArrowDown');
    await said(page, 'Step Announce moved from 1 to 2 of 3');
    await expect(handle(page, 'Announce')).toBeFocused();
    await page.keyboard.press('Alt+ArrowDown');
    await said(page, 'Step Announce moved from 2 to 3 of 3');
    await expect(handle(page, 'Announce')).toBeFocused();
    await expect(deploy(page)).toHaveText([/Migrate schema/, /Upgrade/, /Announce/]);
  });

  test('the menu of the handle reaches every place', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    const item = (name: string) => page.getByRole('menuitem', { name, exact: true });
    await handle(page, 'Announce').focus();
    await page.keyboard.press('Enter');
    await expect(item('Move up')).toBeFocused();
    await expect(item('Move up')).toHaveAttribute('aria-disabled', 'true');
    await page.keyboard.press('Enter');
    await expect(item('Move up')).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('menu')).toHaveCount(0);
    await expect(handle(page, 'Announce')).toBeFocused();

    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await expect(item('Move to Verify')).toBeFocused();
    await page.keyboard.press('ArrowUp');
    await expect(item('Move to position…')).toBeFocused();
    await page.keyboard.press('Enter');
    const position = page.getByLabel('Position, 1 to 3');
    await expect(position).toBeFocused();
    await position.fill('9');
    await page.keyboard.press('Enter');
    await expect(page.getByText('A number from 1 to 3')).toBeVisible();
    await position.fill('2');
    await page.keyboard.press('Enter');
    await said(page, 'Step Announce moved from 1 to 2 of 3');
    await expect(handle(page, 'Announce')).toBeFocused();

    await handle(page, 'Announce').click();
    await item('Move to bottom').click();
    await expect(deploy(page)).toHaveText([/Migrate schema/, /Upgrade/, /Announce/]);
    await handle(page, 'Announce').click();
    await item('Move to top').click();
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/]);
    await handle(page, 'Announce').click();
    await page.getByRole('heading', { level: 1 }).click();
    await expect(page.getByRole('menu')).toHaveCount(0);

    await handle(page, 'Announce').click();
    await item('Move to Verify').click();
    await expect(list(page, 'Verify').getByRole('listitem')).toHaveText([/Check/, /Announce/]);
    await expect(handle(page, 'Announce')).toBeFocused();
    await said(page, 'Moved Announce to Verify');
  });

  test('two people who move different steps at once lose no move', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    const go = await hold(page, 'place_template');
    await handle(page, 'Announce').press('Alt+ArrowDown');
    await jonas(server, 'place_template', { id: 3, place: { Before: 2 } });
    go();
    await expect(deploy(page)).toHaveText([/Upgrade/, /Migrate schema/, /Announce/]);
    await said(page, 'Step Announce moved from 1 to 3 of 3');
    await expect(handle(page, 'Announce')).toBeFocused();
  });

  test('a move beside a step that somebody has deleted is refused, and the list shown as it is', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    const go = await hold(page, 'place_template');
    await handle(page, 'Announce').press('Alt+ArrowDown');
    await jonas(server, 'delete_template', { id: 2 });
    go();
    await expect(page.getByRole('alert').filter({ hasText: 'Someone has moved or deleted the neighboring step' })).toBeVisible();
    await expect(deploy(page)).toHaveText([/Announce/, /Upgrade/]);
    await handle(page, 'Announce').press('Alt+ArrowDown');
    await said(page, 'Step Announce moved from 1 to 2 of 2');
  });
});

test.describe('writing', () => {
  test('the editor completes and marks variables, Tab goes into the text and Escape out of it', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await page.getByRole('button', { name: 'Add step', exact: true }).first().click();
    const editor = page.getByRole('region', { name: 'New step' });
    await expect(editor.getByLabel('Name')).toBeFocused();
    const content = editor.getByLabel('Content');
    await content.click();
    await page.keyboard.type('set -e\ncurl {{ho');
    await expect(page.getByRole('option', { name: 'var.HOST', exact: true })).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('listbox', { name: 'Variables' })).toHaveCount(0);
    await page.keyboard.type('s');
    await page.keyboard.press('Enter');
    await expect(content).toHaveValue('set -e\ncurl {{var.HOST}}');
    await expect(editor.locator('.code__edit .ln')).toHaveCount(2);
    await expect(editor.locator('.code__edit .k').first()).toHaveText('set');
    await expect(editor.locator('.code__edit var')).toHaveText('{{var.HOST}}');
    await page.keyboard.type('\n{{cust');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await expect(content).toHaveValue('set -e\ncurl {{var.HOST}}\n{{customer.namespace}}');

    await page.keyboard.press('Tab');
    await page.keyboard.type('{{var.HSOT}}');
    await expect(content).toHaveValue('set -e\ncurl {{var.HOST}}\n{{customer.namespace}}\t{{var.HSOT}}');
    await expect(editor.getByText('var.HSOT is not set anywhere')).toBeVisible();
    await expect(editor.locator('.code__edit var[data-unresolved]')).toHaveText('{{var.HSOT}}');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    await expect(editor.getByText('Help on variables')).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(editor.getByLabel('Description')).toBeFocused();
  });

  test('the text is seen as a customer gets it, with what is missing', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await step(page, 'Upgrade').click();
    const editor = page.getByRole('region', { name: 'Upgrade', exact: true });
    await editor.getByLabel('Preview for').selectOption({ label: 'Acme, eu-west' });
    const shown = editor.getByRole('region', { name: 'Text for Acme' });
    await expect(shown).toContainText('curl https://acme.example/healthz');
    await editor.getByLabel('Content').fill('wget {{var.HOST}} {{customer.name | quote}}');
    await expect(shown).toContainText("wget acme.example 'Acme'");
    await editor.getByLabel('Preview for').selectOption({ label: 'Initech, us-east' });
    await expect(editor.getByText('var.HOST is not set for Initech')).toBeVisible();
    await expect(editor.getByRole('link', { name: 'Set it' })).toHaveAttribute('href', /customers\/\d+\/edit/);
  });

  test('what cannot be seen and what is nearly a variable is marked, and put right at once', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await step(page, 'Upgrade').click();
    const editor = page.getByRole('region', { name: 'Upgrade', exact: true });
    const content = editor.getByLabel('Content');
    await content.fill('echo\u00a0a\u00a0{{ Customer.Name }}');
    await expect(editor.locator('mark')).toHaveCount(2);
    await expect(editor.locator('var[data-near]')).toHaveText('{{ Customer.Name }}');
    const fixes = editor.getByRole('list', { name: 'Characters to check' });
    const blanks = fixes.getByRole('listitem').filter({ hasText: 'No-break space (U+00A0), 2 times' });
    await blanks.getByRole('button', { name: 'Replace all' }).click();
    await expect(content).toHaveValue('echo a {{ Customer.Name }}');
    await expect(fixes.getByText('Did you mean {{customer.name}}?')).toBeVisible();
    await fixes.getByRole('button', { name: 'Replace all' }).click();
    await expect(content).toHaveValue('echo a {{customer.name}}');
    await expect(fixes).toHaveCount(0);
    // What has no width is painted all the same, and text behind a control for the direction stays as it was typed.
    await content.fill('a\u200bb \u202eabc {{ Customer.Name }}');
    const bars = editor.locator('mark[data-zero]');
    await expect(bars).toHaveCount(2);
    for (const bar of await bars.all()) {
      expect(await bar.evaluate(it => getComputedStyle(it, '::before').inlineSize)).toBe('2px');
      expect(await bar.evaluate(it => getComputedStyle(it).unicodeBidi)).toBe('isolate');
    }
    await fixes.getByRole('button', { name: 'Replace all: 3 kinds of characters to check' }).click();
    await expect(content).toHaveValue('ab abc {{customer.name}}');
  });

  test('what is wrong is said at its field, and Control Enter saves', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await page.getByRole('button', { name: 'Add step', exact: true }).first().click();
    const editor = page.getByRole('region', { name: 'New step' });
    await editor.getByRole('button', { name: 'Add step' }).click();
    await expect(editor.getByText('2 fields need attention.')).toBeVisible();
    await expect(editor.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
    await expect(editor.getByLabel('Content')).toHaveAccessibleDescription(/Enter the content/);
    await editor.getByLabel('Name').fill('Snapshot');
    await editor.getByLabel('Content').fill('pg_dump');
    await page.keyboard.press('Control+Enter');
    await said(page, 'Added Snapshot');
    await expect(editor).toHaveCount(0);
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/, /Snapshot/]);
    await expect(page.getByRole('button', { name: 'Add step', exact: true })).toBeFocused();
  });

  test('who was faster is named, and what was typed stays', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    const newer = (content: string, version: number) =>
      jonas(server, 'update_template', { id: 3, draft: { name: 'Upgrade', category: 'deploy', type: 'bash', content, description: '' }, version });
    await step(page, 'Upgrade').click();
    const editor = page.getByRole('region', { name: 'Upgrade', exact: true });
    const content = editor.getByLabel('Content');
    await content.fill('mine');
    await newer('theirs', 1);
    await editor.getByRole('button', { name: 'Save changes' }).click();
    await expect(editor.getByText('Jonas changed this')).toBeVisible();
    await expect(content).toHaveValue('mine');
    await editor.getByRole('button', { name: 'Show changes' }).click();
    await expect(editor.getByRole('region', { name: 'Theirs and Yours' })).toContainText('theirs');
    await editor.getByRole('button', { name: 'Keep mine' }).click();
    await said(page, 'Saved Upgrade');
    await expect(content).toHaveValue('mine');
    await expect(editor.getByText('Version 3, changed by Ana Ferreira')).toBeVisible();

    await content.fill('mine again');
    await newer('theirs again', 3);
    await page.keyboard.press('Control+Enter');
    await editor.getByRole('button', { name: 'Take theirs' }).click();
    await expect(content).toHaveValue('theirs again');
    await expect(editor.getByText('Jonas changed this')).toHaveCount(0);
  });

  test.describe('on a page that hears what others change', () => {
    test.use({ hears: true });

    test('a step that somebody else has saved is told of once, above the fields, and Keep mine saves', async ({ page, open, server }) => {
      const { june } = await draftJune(server);
      await open(`/releases/${june}/steps`);
      await step(page, 'Upgrade').click();
      const [name, content, alert] = [page.getByLabel('Name', { exact: true }), page.getByLabel('Content'), page.getByRole('alert')];
      await content.fill('mine');
      await jonas(server, 'update_template', { id: 3, draft: { name: 'Upgrade all', category: 'deploy', type: 'bash', content: 'theirs', description: '' }, version: 1 });
      await expect(alert).toHaveText(/^Jonas changed this at /);
      expect((await alert.boundingBox())!.y).toBeLessThan((await name.boundingBox())!.y);
      await alert.getByRole('button', { name: 'Keep mine' }).click();
      await said(page, 'Saved Upgrade all');
      await expect(page.getByText('Version 3, changed by Ana Ferreira')).toBeVisible();
      await expect(name).toHaveValue('Upgrade all');
      await expect(content).toHaveValue('mine');
      await expect(alert).toHaveCount(0);
    });
  });

  test.describe('when it is gone', () => {
    // A step that is gone is 404.
    test.use({ faults: [/status of 404/] });
    test('a step that somebody else has deleted is told of above the fields', async ({ page, open, server }) => {
      const { june } = await draftJune(server);
      await open(`/releases/${june}/steps`);
      await step(page, 'Upgrade').click();
      await page.getByLabel('Content').fill('mine');
      await jonas(server, 'delete_template', { id: 3 });
      await page.getByRole('button', { name: 'Save changes' }).click();
      const notice = page.getByRole('status').filter({ hasText: 'Someone has deleted this step' });
      await expect(notice).toBeVisible();
      const name = page.getByLabel('Name', { exact: true });
      expect((await notice.boundingBox())!.y).toBeLessThan((await name.boundingBox())!.y);
      await expect(page.getByLabel('Content')).toHaveValue('mine');
    });

    test.describe('and that is heard', () => {
      test.use({ hears: true });

      test('who has deleted it is named', async ({ page, open, server }) => {
        const { june } = await draftJune(server);
        await open(`/releases/${june}/steps`);
        await page.locator('html[data-live]').waitFor({ state: 'attached' });
        await step(page, 'Upgrade').click();
        await page.getByLabel('Content').fill('mine');
        await jonas(server, 'delete_template', { id: 3 });
        await expect(page.getByRole('status').filter({ hasText: 'Jonas has deleted this step. What you have typed is still here.' })).toBeVisible();
        await expect(page.getByLabel('Content')).toHaveValue('mine');
      });
    });
  });

  test('what only one of two people changed of a step is kept of both', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await step(page, 'Upgrade').click();
    const editor = page.getByRole('region', { name: 'Upgrade', exact: true });
    await editor.getByLabel('Content').fill('mine');
    const draft = { name: 'Upgrade', category: 'deploy', type: 'bash', content: 'set -e\ncurl https://{{var.HOST}}/healthz', description: 'theirs' };
    await jonas(server, 'update_template', { id: 3, draft, version: 1 });
    await editor.getByRole('button', { name: 'Save changes' }).click();
    await expect(editor.getByText('Version 3, changed by Ana Ferreira')).toBeVisible();
    await expect(editor.getByLabel('Content')).toHaveValue('mine');
    await expect(editor.getByLabel('Description')).toHaveValue('theirs');
    await expect(editor.getByText('Jonas changed this')).toHaveCount(0);
  });

  test('what both of two people changed of a step is shown, whichever field it is', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await step(page, 'Upgrade').click();
    const editor = page.getByRole('region', { name: 'Upgrade', exact: true });
    const shown = editor.getByRole('region', { name: 'Theirs and Yours' });
    const draft = { name: 'Upgrade', category: 'deploy', type: 'bash', content: 'set -e\ncurl https://{{var.HOST}}/healthz', description: '' };
    const conflict = async (theirs: object, version: number) => {
      await jonas(server, 'update_template', { id: 3, draft: { ...draft, ...theirs }, version });
      await editor.getByRole('button', { name: 'Save changes' }).click();
      await editor.getByRole('button', { name: 'Show changes' }).click();
    };
    await editor.getByLabel('Description').fill('mine');
    await conflict({ description: 'theirs' }, 1);
    await expect(shown.locator('del')).toHaveText('Description: theirs');
    await expect(shown.locator('ins')).toHaveText('Description: mine');
    await editor.getByRole('button', { name: 'Take theirs' }).click();

    await editor.getByLabel('Type', { exact: true }).selectOption('sql');
    await conflict({ description: 'theirs', type: 'text' }, 2);
    await expect(shown.locator('del')).toHaveText('Type: text');
    await expect(shown.locator('ins')).toHaveText('Type: sql');
    await editor.getByRole('button', { name: 'Take theirs' }).click();

    await editor.getByText('Run in Jenkins', { exact: true }).click();
    await editor.getByLabel('Job', { exact: true }).fill('mine/deploy');
    await conflict({ description: 'theirs', type: 'text', jenkins: { job: 'theirs/deploy', parameters: {} } }, 3);
    await expect(shown.locator('del')).toHaveText('Run in Jenkins: theirs/deploy');
    await expect(shown.locator('ins')).toHaveText('Run in Jenkins: mine/deploy');
  });

  test('unsaved changes are asked about before they go', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}`);
    await page.getByRole('link', { name: 'Steps', exact: true }).click();
    await step(page, 'Upgrade').click();
    const content = page.getByLabel('Content');
    await content.fill('typed');
    const questions: string[] = [];
    let accept = false;
    page.on('dialog', async dialog => {
      questions.push(dialog.message());
      await (accept ? dialog.accept() : dialog.dismiss());
    });
    await step(page, 'Announce').click();
    await expect(content).toHaveValue('typed');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(content).toHaveValue('typed');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Releases' }).click();
    await expect(content).toHaveValue('typed');
    await page.evaluate(() => history.back());
    await expect.poll(() => questions.length).toBe(4);
    await expect(page).toHaveURL(/\/steps$/);
    await expect(content).toHaveValue('typed');
    expect(new Set(questions)).toEqual(new Set(['There are unsaved changes. Leave without saving them?']));
    accept = true;
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Releases' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Releases' })).toBeVisible();
    expect(questions).toHaveLength(5);
  });

  test('an undo keeps what is typed', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await step(page, 'Upgrade').click();
    await page.getByLabel('Content').fill('typed');
    await handle(page, 'Announce').press('Alt+ArrowDown');
    await expect(deploy(page)).toHaveText([/Migrate schema/, /Announce/, /Upgrade/]);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await said(page, 'Undid "Reorder"');
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/]);
    await expect(page.getByLabel('Content')).toHaveValue('typed');
    await expect(page.getByRole('button', { name: 'Add step', exact: true })).toBeFocused();
  });

  test('an archived release is read, and what was typed when it was archived stays', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}/steps`);
    await step(page, 'Upgrade').click();
    await page.getByLabel('Content').fill('too late');
    await jonas(server, 'archive_release', { id: june });
    await page.keyboard.press('Control+Enter');
    await expect(page.getByRole('alert').filter({ hasText: 'The release is archived and read-only' })).toBeVisible();
    await expect(page.getByLabel('Content')).toHaveValue('too late');
    await open(`/releases/${june}/steps`);
    await expect(page.getByRole('button', { name: /^Move / })).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Add step' })).toHaveCount(0);
    await step(page, 'Upgrade').click();
    await expect(page.getByRole('region', { name: 'Upgrade', exact: true })).toContainText('curl https://{{var.HOST}}/healthz');
  });
});

test.describe('an active release', () => {
  test('says before each change what it does to the copies, and undoes it', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    // Copies are made customer by customer: the third is Acme's Upgrade.
    await server.call('act_on_step', { id: 3, action: 'start', reason: null, allow_unresolved: true });
    await open(`/releases/${june}/steps`);
    await expect(list(page, 'Deploy').getByText('Reordering applies to 3 customers.')).toBeVisible();

    await page.getByRole('button', { name: 'Add step', exact: true }).first().click();
    const added = page.getByRole('region', { name: 'New step' });
    await expect(added.getByText('Adds this step to 3 customers.')).toBeVisible();
    await added.getByLabel('Name').fill('Snapshot');
    await added.getByLabel('Content').fill('pg_dump');
    await added.getByRole('button', { name: 'Add step' }).click();
    await said(page, 'Added Snapshot');

    await step(page, 'Upgrade').click();
    const editor = page.getByRole('region', { name: 'Upgrade', exact: true });
    await expect(editor.getByText('Will change 2 pending copies; 1 keeps its text (1 started).')).toBeVisible();
    await editor.getByLabel('Category').selectOption({ label: 'Verify' });
    await expect(editor.getByText('All copies move too.')).toBeVisible();
    await editor.getByLabel('Category').selectOption({ label: 'Deploy' });
    await editor.getByLabel('Content').fill('helm upgrade');
    await editor.getByRole('button', { name: 'Save changes' }).click();
    await said(page, 'Saved Upgrade');

    await editor.getByRole('button', { name: 'Duplicate' }).click();
    const duplicate = page.getByRole('dialog', { name: 'Duplicate Upgrade' });
    await expect(duplicate).toContainText('Adds the duplicate to 3 customers.');
    await duplicate.getByRole('button', { name: 'Cancel' }).click();
    await expect(editor.getByRole('button', { name: 'Duplicate' })).toBeFocused();
    await editor.getByRole('button', { name: 'Duplicate' }).click();
    await duplicate.getByRole('button', { name: 'Duplicate' }).click();
    await said(page, 'Duplicated Upgrade');
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/, /Upgrade/, /Snapshot/]);

    await handle(page, 'Announce').click();
    await page.getByRole('menuitem', { name: 'Move to Verify' }).click();
    const move = page.getByRole('dialog', { name: 'Move Announce to Verify' });
    await expect(move).toContainText('It becomes the last step of Verify. All copies move too.');
    await move.getByRole('button', { name: 'Cancel' }).click();
    await expect(handle(page, 'Announce')).toBeFocused();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Move to Verify' }).click();
    await move.getByRole('button', { name: 'Move' }).click();
    await expect(list(page, 'Verify').getByRole('listitem')).toHaveText([/Check/, /Announce/]);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(list(page, 'Verify').getByRole('listitem')).toHaveText([/Check/]);
    await live(page);

    await step(page, 'Migrate schema').click();
    await page.getByRole('button', { name: 'Delete…' }).click();
    const deletion = page.getByRole('dialog', { name: 'Delete Migrate schema' });
    await expect(deletion).toContainText('Deleting removes 3 pending copies.');
    await deletion.getByRole('button', { name: 'Delete' }).click();
    await said(page, 'Deleted Migrate schema');
    await expect(deploy(page)).toHaveText([/Announce/, /Upgrade/, /Upgrade/, /Snapshot/]);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/, /Upgrade/, /Snapshot/]);
  });

  test('a new order reaches every customer\'s list', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}/steps`);
    await handle(page, 'Upgrade').focus();
    await page.keyboard.press('Alt+ArrowUp');
    await said(page, 'Moved Upgrade');
    await open(`/releases/${june}`);
    await expect(page.getByRole('gridcell', { name: 'Step 2 Upgrade, Acme' })).toBeVisible();
    await expect(page.getByRole('gridcell', { name: 'Step 3 Migrate schema, Initech' })).toBeVisible();
  });
});

test.describe('runbooks', () => {
  const runbook = '# June\n\n## Snapshot\n\n```bash\npg_dump\n```\n\n## Purge\n\nPurge the cache by hand.\n\n# Verify\n\n## Count\n```sql\nSELECT 1;\n```\n';

  test('what is wrong is said line by line, and then all steps come at once', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}/steps`);
    await page.getByRole('button', { name: 'Import runbook…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Import runbook' });
    const submit = dialog.getByRole('button', { name: /^Import/ });
    await expect(submit).toHaveAttribute('aria-disabled', 'true');
    await expect(dialog.getByText('Paste a runbook or choose a file')).toBeVisible();
    const wrong = runbook + '\n## Empty\n\n## Open\n\n```bash\ntrue\n';
    await dialog.getByLabel('Runbook in Markdown').fill(wrong);
    await expect(dialog.getByText('“Empty” has no text under it')).toBeVisible();
    await expect(dialog.getByRole('listitem').filter({ hasText: 'Missing closing ```' })).toContainText('Line 24');
    await expect(submit).toHaveAttribute('aria-disabled', 'true');
    await expect(dialog.getByText('Fix the errors above')).toBeVisible();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Import runbook…' }).click();
    await expect(dialog.getByLabel('Runbook in Markdown')).toHaveValue(wrong);
    await dialog.getByLabel('Runbook in Markdown').fill(runbook);
    await expect(dialog.getByLabel('Name of step 2')).toHaveValue('Purge');
    await expect(dialog.getByLabel('Type of step 2')).toHaveValue('text');
    await expect(dialog.getByText('3 steps × 3 customers: 9 pending copies.')).toBeVisible();
    await dialog.getByRole('button', { name: 'Import 3 steps' }).click();
    await said(page, 'Imported 3 steps');
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/, /Snapshot/, /Purge/]);
    await expect(list(page, 'Verify').getByRole('listitem')).toHaveText([/Check/, /Count/]);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/]);
  });

  test('rows are left out, renamed, moved, retyped and joined, and the title is offered', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    await page.getByRole('button', { name: 'Import runbook…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Import runbook' });
    await dialog.getByLabel('Runbook in Markdown').fill('# July\n\nTell everybody first.\n\n## 1. Look\n\n```\nkubectl get pods\n```\n\n## 2. Purge\n\nPurge the cache.\n\n## 3. Wait\n\nWait a minute.\n\n## Verify\n\n```sql\nSELECT 1;\n```\n\n## Smoke test\n\nOpen the page.\n');
    await expect(dialog.getByRole('button', { name: 'Import 5 steps' })).toBeVisible();
    // The dialog scrolls, and the table is as high as its rows.
    expect(await dialog.locator('.scroll-x').evaluate(it => it.scrollHeight - it.clientHeight)).toBe(0);
    await expect(dialog.getByLabel('Type of step 1')).toHaveAccessibleDescription('This code block names no language but reads like bash. Is it bash?');
    // By keyboard: the fields of a row come one after the other.
    await dialog.getByLabel('Import step 1').focus();
    await page.keyboard.press('Tab');
    await expect(dialog.getByLabel('Name of step 1')).toBeFocused();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await expect(dialog.getByLabel('Type of step 1')).toBeFocused();
    await page.keyboard.press('t');
    await expect(dialog.getByLabel('Type of step 1')).toHaveValue('text');
    await expect(dialog.getByLabel('Join step 1 with the one before')).toHaveCount(0);
    await dialog.getByLabel('Join step 3 with the one before').focus();
    await page.keyboard.press('Space');
    await expect(dialog.getByRole('button', { name: 'Import 4 steps' })).toBeVisible();
    await dialog.getByLabel('Category of step 4').selectOption('Deploy');
    await dialog.getByLabel('Import step 5').uncheck();
    await expect(dialog.getByRole('button', { name: 'Import 3 steps' })).toBeVisible();
    await dialog.getByLabel('Name of step 2').fill(' ');
    await expect(dialog.getByRole('list', { name: 'Notes' }).getByRole('listitem')).toContainText('Step 2');
    await expect(dialog.getByRole('button', { name: /^Import \d/ })).toHaveAttribute('aria-disabled', 'true');
    await dialog.getByLabel('Name of step 2').fill('Purge and wait');
    await expect(dialog.getByRole('list', { name: 'Notes' })).toHaveCount(0);
    const rename = dialog.getByLabel('Rename this release to “July”');
    await expect(rename).not.toBeChecked();
    await rename.check();
    await expect(dialog.getByLabel('Use the text before the first step')).not.toBeChecked();
    await dialog.getByLabel('Name of step 2').press('Control+Enter');
    await said(page, 'Imported 3 steps, renamed the release to July');
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/, /Look/, /Purge and wait/, /Verify/]);
    await expect(page.getByRole('navigation', { name: 'Breadcrumb' })).toContainText('July');
    await step(page, 'Purge and wait').click();
    await expect(list(page, 'Purge and wait').getByLabel('Content')).toHaveValue('Purge the cache.\n\nWait a minute.');
    // Name and description are no part of the import: its undo leaves them.
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/]);
    const release = await (await fetch(`${server.url}/api/releases/${june}`)).json();
    expect([release.name, release.description ?? null]).toEqual(['July', null]);
  });

  const three = '## Look\n\n```\nkubectl get pods\n```\n\n## Purge\n\nPurge the cache.\n\n## Wait\n\nWait a minute.\n';

  test('what was left out of a session stands at its row', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps?import`);
    const dialog = page.getByRole('dialog', { name: 'Import runbook' });
    await dialog.getByLabel('Runbook in Markdown').fill('## Stop\n\nStop it.\n\n## Look\n\n```console\n$ kubectl get ns\nNAME STATUS\n```\n');
    const row = (step: number) => dialog.getByRole('row').filter({ has: page.getByLabel(`Name of step ${step}`) });
    await expect(row(2).getByText('Only the commands were taken; the prompts and 1 line of output are left out')).toBeVisible();
    await expect(row(1).getByText('Only the commands')).toHaveCount(0);
    await expect(dialog.getByRole('list', { name: 'Notes' })).toHaveCount(0);
  });

  test('edits of rows stay with their steps while one types on in the runbook', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps?import`);
    const dialog = page.getByRole('dialog', { name: 'Import runbook' });
    const text = dialog.getByLabel('Runbook in Markdown');
    await text.fill(`# July\n\n${three}`);
    await dialog.getByLabel('Import step 1').uncheck();
    await dialog.getByLabel('Name of step 2').fill('Purge and wait');
    await dialog.getByLabel('Category of step 2').selectOption('Verify');
    await dialog.getByLabel('Join step 3 with the one before').check();
    await dialog.getByLabel('Rename this release to “July”').check();
    await expect(dialog.getByRole('button', { name: 'Import 1 step' })).toBeVisible();
    await text.press('Control+End');
    await text.pressSequentially('\n## Last\n\nThe end.\n');
    await expect(dialog.getByRole('button', { name: 'Import 2 steps' })).toBeVisible();
    await expect(dialog.getByLabel('Import step 1')).not.toBeChecked();
    await expect(dialog.getByLabel('Name of step 2')).toHaveValue('Purge and wait');
    await expect(dialog.getByLabel('Category of step 2')).toHaveValue('verify');
    await expect(dialog.getByLabel('Join step 3 with the one before')).toBeChecked();
    await expect(dialog.getByLabel('Rename this release to “July”')).toBeChecked();
    // A heading above moves them down; what is no longer there takes its edits along.
    await text.fill(`# July\n\n## First\n\nThe start.\n\n${three.slice(three.indexOf('## Purge'))}`);
    await expect(dialog.getByLabel('Name of step 1')).toHaveValue('First');
    await expect(dialog.getByLabel('Import step 1')).toBeChecked();
    await expect(dialog.getByLabel('Name of step 2')).toHaveValue('Purge and wait');
    // An empty text begins anew.
    await text.fill('');
    await text.fill(three);
    await expect(dialog.getByLabel('Name of step 2')).toHaveValue('Purge');
    await expect(dialog.getByRole('button', { name: 'Import 3 steps' })).toBeVisible();
  });

  test('edits of rows outlive the dialog and a step that is gone for a moment, until they are discarded or imported', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps`);
    const button = page.getByRole('button', { name: 'Import runbook…' });
    const dialog = page.getByRole('dialog', { name: 'Import runbook' });
    const text = dialog.getByLabel('Runbook in Markdown');
    const edited = async () => {
      await expect(dialog.getByRole('button', { name: 'Import 1 step' })).toBeVisible();
      await expect(dialog.getByLabel('Import step 1')).not.toBeChecked();
      await expect(dialog.getByLabel('Name of step 2')).toHaveValue('Purge and wait');
      await expect(dialog.getByLabel('Type of step 2')).toHaveValue('bash');
      await expect(dialog.getByLabel('Category of step 2')).toHaveValue('verify');
      await expect(dialog.getByLabel('Join step 3 with the one before')).toBeChecked();
      await expect(dialog.getByLabel('Rename this release to “July”')).toBeChecked();
    };
    await button.click();
    await text.fill(`# July\n\n${three}`);
    await dialog.getByLabel('Import step 1').uncheck();
    await dialog.getByLabel('Name of step 2').fill('Purge and wait');
    await dialog.getByLabel('Type of step 2').selectOption('bash');
    await dialog.getByLabel('Category of step 2').selectOption('Verify');
    await dialog.getByLabel('Join step 3 with the one before').check();
    await dialog.getByLabel('Rename this release to “July”').check();
    await edited();
    // Closed and opened again.
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await button.click();
    await expect(text).toHaveValue(`# July\n\n${three}`);
    await edited();
    // An open fence takes every step for a moment.
    await text.fill(`# July\n\n\`\`\`\`yaml\n${three}`);
    await expect(dialog.getByLabel('Name of step 2')).toHaveCount(0);
    await text.fill(`# July\n\n${three}`);
    await edited();
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await expect(text).toHaveValue('');
    await expect(text).toBeFocused();
    await expect(dialog.getByText('Restored what you typed.')).toHaveCount(0);
    await text.fill(three);
    await expect(dialog.getByLabel('Name of step 2')).toHaveValue('Purge');
    await dialog.getByLabel('Name of step 2').fill('Empty the cache');
    await dialog.getByRole('button', { name: 'Import 3 steps' }).click();
    await said(page, 'Imported 3 steps');
    await button.click();
    await expect(text).toHaveValue('');
    await text.fill(three);
    await expect(dialog.getByLabel('Name of step 2')).toHaveValue('Purge');
  });

  test('what is wrong in a row stands at its field, and a type that is chosen by hand answers the question', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps?import`);
    const dialog = page.getByRole('dialog', { name: 'Import runbook' });
    await dialog.getByLabel('Runbook in Markdown').fill(three);
    const name = dialog.getByLabel('Name of step 2');
    await name.fill('x'.repeat(101));
    await expect(name).toHaveAttribute('aria-invalid', 'true');
    await expect(name).toHaveAccessibleDescription(/100 characters/);
    await expect(dialog.getByRole('row').filter({ has: page.getByLabel('Name of step 2') }).getByText(/100 characters/)).toBeVisible();
    await name.fill('Purge');
    await expect(name).not.toHaveAttribute('aria-invalid', 'true');
    await expect(name).toHaveAccessibleDescription('');
    const join = dialog.getByLabel('Join step 2 with the one before');
    const type = (step: number) => dialog.getByLabel(`Type of step ${step}`);
    await type(2).selectOption('sql');
    await join.check();
    await expect(join).toHaveAccessibleDescription(/can't join a bash step/);
    await join.uncheck();
    await expect(join).toHaveAccessibleDescription('');
    await expect(dialog.getByText('Is it bash?')).toBeVisible();
    await expect(type(1)).toHaveAccessibleDescription(/Is it bash\?/);
    await type(1).selectOption('text');
    await expect(dialog.getByText('Is it bash?')).toHaveCount(0);
    await expect(type(1)).toHaveAccessibleDescription('');
    await type(1).selectOption('bash');
    await expect(dialog.getByText('Is it bash?')).toHaveCount(0);
    await expect(dialog.getByRole('button', { name: 'Import 3 steps' })).toBeVisible();
  });

  test.describe('on a phone', () => {
    test.use({ viewport: { width: 360, height: 740 } });
    test('the whole preview of a runbook is within the edges', async ({ page, open, server }) => {
      const { june } = await draftJune(server);
      await open(`/releases/${june}/steps?import`);
      const dialog = page.getByRole('dialog', { name: 'Import runbook' });
      await dialog.getByLabel('Runbook in Markdown').fill(three);
      const parts = [dialog.getByLabel('Import step 1'), dialog.getByLabel('Name of step 1'), dialog.getByLabel('Category of step 1'), dialog.getByLabel('Type of step 1'), dialog.getByText('Is it bash?'), dialog.getByLabel('Join step 2 with the one before')];
      for (const part of parts) {
        const box = (await part.boundingBox())!;
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(360);
      }
      expect(await dialog.locator('.scroll-x').evaluate(it => it.scrollWidth - it.clientWidth)).toBe(0);
    });
  });

  test('a file that cannot be read takes the place of the text before it, until there is another text', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}/steps?import`);
    const dialog = page.getByRole('dialog', { name: 'Import runbook' });
    const choose = (name: string, buffer: Buffer) =>
      dialog.getByLabel('Or choose a file').setInputFiles({ name, mimeType: 'text/markdown', buffer });
    const wrong = dialog.getByRole('alert').filter({ hasText: "This file isn't UTF-8" });
    const runbook = dialog.getByLabel('Runbook in Markdown');
    await choose('latin1.md', Buffer.from('## Gr\u00fc\u00dfe\n', 'latin1'));
    await expect(wrong).toBeVisible();
    await choose('utf8.md', Buffer.from('## Look\n\nLook.\n'));
    await expect(wrong).toHaveCount(0);
    await expect(dialog.getByRole('button', { name: 'Import 1 step' })).toBeEnabled();
    await choose('latin1.md', Buffer.from('## Gr\u00fc\u00dfe\n', 'latin1'));
    await expect(wrong).toBeVisible();
    await expect(runbook).toHaveValue('');
    await expect(dialog.getByRole('button', { name: /^Import/ })).toHaveAttribute('aria-disabled', 'true');
    await runbook.fill('## Look\n\nLook.\n');
    await expect(wrong).toHaveCount(0);
    await expect(dialog.getByRole('button', { name: 'Import 1 step' })).toBeEnabled();
  });

  test('what is exported is imported unchanged', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    const july = await server.call('create_release', { draft: { name: 'July', type: 'release' } });
    await open(`/releases/${june}/steps`);
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export runbook' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('June steps.md');
    const file = await download.path();
    await open(`/releases/${july}/steps?import`);
    const dialog = page.getByRole('dialog', { name: 'Import runbook' });
    await dialog.getByLabel('Or choose a file').setInputFiles({ name: 'june.md', mimeType: 'text/markdown', buffer: readFileSync(file) });
    await expect(dialog.getByRole('button', { name: 'Import 4 steps' })).toBeEnabled();
    await dialog.getByLabel('Runbook in Markdown').press('Control+Enter');
    await expect(deploy(page)).toHaveText([/Announce/, /Migrate schema/, /Upgrade/]);
    const again = await fetch(`${server.url}/releases/${july}/steps.md`);
    expect(await again.text()).toBe(readFileSync(file, 'utf8'));
  });
});

test('axe finds nothing in the editor, the menu and the dialogs', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}/steps`);
  const check = async (what: string) => { expect(await violations(page, what)).toEqual([]); };
  await step(page, 'Upgrade').click();
  const editor = page.getByRole('region', { name: 'Upgrade', exact: true });
  await editor.getByLabel('Preview for').selectOption({ label: 'Initech, us-east' });
  await expect(editor.getByText('var.HOST is not set for Initech')).toBeVisible();
  await editor.getByLabel('Content').click();
  await page.keyboard.type('{{');
  await expect(page.getByRole('listbox', { name: 'Variables' })).toBeVisible();
  await check('editor');
  await page.keyboard.press('Escape');
  await handle(page, 'Upgrade').click();
  await expect(page.getByRole('menu')).toBeVisible();
  await check('menu');
  await page.keyboard.press('Escape');
  await editor.getByRole('button', { name: 'Delete…' }).click();
  await expect(page.getByRole('dialog')).toContainText('Deleting removes 3 pending copies.');
  await check('delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Import runbook…' }).click();
  await page.getByLabel('Runbook in Markdown').fill('## A\n\ndo it\n\n## B\n');
  await expect(page.getByRole('dialog').getByText('Line 5')).toBeVisible();
  await check('import');
});
