// Overrides of a step's text for one customer: written beside the template's text, kept or reset when the template changes,
// promoted to the template.
import type { Page } from '@playwright/test';
import { test, expect } from '../fixtures/app';
import { other, step } from '../fixtures/other';
import { hold } from '../fixtures/hold';
import { activeJune } from '../fixtures/world';

const panel = (page: Page, name = 'Upgrade, Acme') => page.getByRole('complementary', { name });
const OLD = 'set -e\ncurl https://{{var.HOST}}/healthz';
const MINE = 'set -e\ncurl -v https://{{var.HOST}}/healthz';
const NEW = 'set -euo pipefail\ncurl https://{{var.HOST}}/healthz';
const draft = (content: string) => ({ name: 'Upgrade', category: 'deploy', type: 'bash', content, description: '' });

async function choose(page: Page, item: string) {
  await panel(page).getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('a page with an open step loads no dialog, and until the first one is there no letter is a key', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  let go = () => {};
  const held = new Promise<void>(done => (go = done));
  await page.route('**/pkg/split_lazy_part*', async route => { await held; await route.continue(); });
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  let n_sent = 0;
  page.on('request', it => { if (it.url().includes('/rpc/act_on_step')) n_sent += 1; });
  await choose(page, 'Override');
  await expect(page.locator('[data-dialog-comes]')).toBeAttached();
  await page.getByRole('gridcell', { name: 'Step 3 Upgrade, Acme, eu-west: pending' }).focus();
  await page.keyboard.press('d');
  go();
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  await expect(dialog.getByLabel('Content')).toBeFocused();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  await page.getByRole('gridcell', { name: 'Step 3 Upgrade, Acme, eu-west: pending' }).focus();
  await page.keyboard.press('i');
  await expect(page.getByText(/Ana Ferreira since \d\d:\d\d/).first()).toBeVisible();
  expect(n_sent).toBe(1);
});

test('an override is written beside the template, is this customer\'s alone, and can be taken back', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await choose(page, 'Override');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  await expect(dialog.getByText('Template and Acme are the same.')).toBeVisible();
  await dialog.getByLabel('Content').fill(MINE);
  const diff = dialog.getByRole('region', { name: 'Template and Acme' });
  await expect(diff.locator('del')).toHaveText('curl https://{{var.HOST}}/healthz');
  await expect(diff.locator('ins')).toHaveText('curl -v https://{{var.HOST}}/healthz');
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(panel(page).getByText('Overridden')).toBeVisible();
  await expect(panel(page).getByRole('region', { name: 'Resolved text' })).toContainText('curl -v https://acme.example');
  await expect(page.getByRole('gridcell', { name: 'Step 3 Upgrade, Acme, eu-west: pending, overridden' })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: 'Step 3 Upgrade, Globex, eu-west: pending', exact: true })).toBeVisible();
  const line = panel(page).getByRole('listitem').filter({ hasText: 'overrode the text' });
  await line.getByText('Show the difference').click();
  await expect(line.locator('del')).toHaveText('- curl https://{{var.HOST}}/healthz');
  await choose(page, 'Reset to template');
  await expect(panel(page).getByRole('region', { name: 'Resolved text' })).not.toContainText('-v');
  await expect(panel(page).getByText('Overridden')).toHaveCount(0);
});

test('a byte order mark that is pasted into an override is not kept, and that is said', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await choose(page, 'Override');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  await dialog.getByLabel('Content').fill(`\ufeff${MINE}`);
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Text overridden for this customer, without the byte order mark at its start')).toBeVisible();
});

test('when the template went on, the three texts are shown, and mine is kept or given up', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('override_step', { id: step.acme.upgrade, content: MINE, version: 1 });
  await other(server, 'Ravi')('update_template', { id: 3, draft: draft(NEW), version: 1 });
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const notice = panel(page).getByText(/Template changed since this override, by Ravi at \d\d:\d\d/);
  await expect(notice).toBeVisible();
  await expect(panel(page).getByText('Template edited since')).toBeVisible();
  await panel(page).getByRole('button', { name: 'Compare…' }).click();
  const dialog = page.getByRole('dialog');
  const changed = dialog.getByRole('region', { name: 'Template then and Template now' });
  await expect(changed.locator('del')).toHaveText('set -e');
  await expect(changed.locator('ins')).toHaveText('set -euo pipefail');
  const mine = dialog.getByRole('region', { name: 'Template then and Acme' });
  await expect(mine.locator('ins')).toHaveText('curl -v https://{{var.HOST}}/healthz');
  await dialog.getByRole('button', { name: 'Keep mine' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(notice).toHaveCount(0);
  await expect(panel(page).getByText('Overridden')).toBeVisible();
  await expect(panel(page).getByRole('listitem').filter({ hasText: 'kept its override' })).toBeVisible();
  // Undone from the history, the question is open again; this time the template's text is taken.
  await panel(page).getByRole('button', { name: 'Undo this' }).click();
  await page.getByRole('dialog', { name: 'Undo this change' }).getByRole('button', { name: 'Undo' }).click();
  await expect(notice).toBeVisible();
  await panel(page).getByRole('button', { name: 'Use the template' }).click();
  await expect(notice).toHaveCount(0);
  await expect(panel(page).getByRole('region', { name: 'Resolved text' })).toContainText('set -euo pipefail');
});

test('a text that was changed by somebody else meanwhile is shown, and nothing that was typed is lost', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await choose(page, 'Override');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  await dialog.getByLabel('Content').fill(MINE);
  await other(server, 'Jonas')('override_step', { id: step.acme.upgrade, content: 'exit 1', version: 1 });
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(dialog.getByText(/Jonas changed this at \d\d:\d\d/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Show changes' }).click();
  await expect(dialog.getByRole('region', { name: 'Theirs and Yours' })).toContainText('exit 1');
  await expect(dialog.getByLabel('Content')).toHaveValue(MINE);
  await expect(dialog.getByRole('button', { name: 'Save changes' })).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByRole('button', { name: 'Keep mine' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(panel(page).getByRole('region', { name: 'Resolved text' })).toContainText('curl -v');
});

test('a promoted override becomes the template\'s, after it was said whom that changes', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('override_step', { id: step.acme.upgrade, content: MINE, version: 1 });
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await choose(page, 'Promote to template…');
  const dialog = page.getByRole('dialog', { name: 'Promote Upgrade to the template' });
  await expect(dialog.getByText('It changes 2 pending copies.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Promote', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Promoted Upgrade to the template' })).toBeVisible();
  await expect(panel(page).getByText('Overridden')).toHaveCount(0);
  await panel(page).getByRole('button', { name: 'Next customer' }).click();
  await expect(panel(page, 'Upgrade, Globex').getByRole('region', { name: 'Resolved text' })).toContainText('curl -v https://globex.example');
});

test('a step that was executed before the template went on says so', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('act_on_step', { id: step.acme.upgrade, action: 'done', reason: null, allow_unresolved: false });
  await other(server, 'Ravi')('update_template', { id: 3, draft: draft(NEW), version: 1 });
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await expect(panel(page).getByText(/Template changed since this copy, by Ravi at /)).toBeVisible();
  await expect(panel(page).getByRole('region', { name: 'Resolved text' })).toContainText(OLD.split('\n')[0]);
  await expect(panel(page).getByRole('button', { name: 'Keep mine' })).toHaveCount(0);
});

test('the answer to the notes leaves an open dialog, and what is typed in it, alone', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const go = await hold(page, 'note_step');
  await panel(page).getByLabel('Notes').fill('call first');
  await panel(page).getByRole('button', { name: 'Save notes' }).click();
  await choose(page, 'Override');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  await dialog.getByLabel('Content').fill(MINE);
  go();
  await expect(page.getByRole('status').filter({ hasText: 'Notes saved' })).toBeVisible();
  await expect(dialog.getByLabel('Content')).toHaveValue(MINE);
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(panel(page).getByRole('region', { name: 'Resolved text' })).toContainText('curl -v');
});

test('a second save while one is under way is sent behind it', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  const sent: string[] = [];
  page.on('request', it => { if (/rpc\/(note|override)_step$/.test(it.url())) sent.push(it.url().split('/').pop()!); });
  const go = await hold(page, 'note_step');
  await panel(page).getByLabel('Notes').fill('call first');
  await panel(page).getByRole('button', { name: 'Save notes' }).click();
  await choose(page, 'Override');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  await dialog.getByLabel('Content').fill(MINE);
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect.poll(() => sent).toEqual(['note_step']);
  go();
  await expect(dialog).toHaveCount(0);
  await expect(panel(page).getByRole('region', { name: 'Resolved text' })).toContainText('curl -v');
  await page.reload();
  await expect(panel(page).getByLabel('Notes')).toHaveValue('call first');
  await expect(panel(page).getByRole('region', { name: 'Resolved text' })).toContainText('curl -v');
});

test('a click on a line of the text puts the caret there, and Ctrl+Enter saves', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await choose(page, 'Override');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  const field = dialog.getByLabel('Content');
  await expect(field).toHaveValue(OLD);
  // Within the field: the dialog moves when the comparison below it comes.
  const position = await dialog.locator('.code__edit .ln').first().evaluate(it => {
    const [line, field] = [it, document.querySelector('#override-content')!].map(it => it.getBoundingClientRect());
    return { x: line.x - field.x + 60, y: line.y - field.y + 6 };
  });
  await field.click({ position });
  await expect(field).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.type('u');
  await expect(dialog.getByLabel('Content')).toHaveValue(OLD.replace('set -e', 'set -eu'));
  await page.keyboard.press('Control+Enter');
  await expect(dialog).toHaveCount(0);
  await expect(panel(page).getByText('Overridden')).toBeVisible();
});

test('Escape keeps what was typed in the override', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await choose(page, 'Override');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  await dialog.getByLabel('Content').fill(MINE);
  // In the editor the first Escape closes the list of variables.
  await dialog.getByRole('button', { name: 'Cancel' }).focus();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await choose(page, 'Override');
  await expect(dialog.getByLabel('Content')).toHaveValue(MINE);
  await expect(dialog.getByText('Restored what you typed.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await expect(dialog.getByLabel('Content')).toHaveValue(OLD);
  await page.keyboard.press('Escape');
  await choose(page, 'Override');
  await expect(dialog.getByLabel('Content')).toHaveValue(OLD);
  await expect(dialog.getByText('Restored what you typed.')).toHaveCount(0);
});

test('a second save of the same override is no conflict with the first', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await choose(page, 'Override');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Acme' });
  const go = await hold(page, 'override_step');
  await dialog.getByLabel('Content').fill('echo 1');
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await dialog.getByLabel('Content').fill('echo 2');
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  go();
  await expect(dialog).toHaveCount(0);
  await expect(panel(page).getByRole('region', { name: 'Resolved text' })).toHaveText('echo 2');
  await expect(panel(page).getByRole('alert')).toHaveCount(0);
});

test('a variable that this customer has no value for is said to be missing for this customer', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.initech.upgrade}`);
  await expect(panel(page, 'Upgrade, Initech').getByText('Not set: HOST')).toBeVisible();
  await page.getByRole('gridcell', { name: /Upgrade, Initech/ }).press('e');
  const dialog = page.getByRole('dialog', { name: 'Override Upgrade for Initech' });
  await expect(dialog.getByText('var.HOST is not set for this customer: check the spelling')).toBeVisible();
});
