// Runs where people work (R75): a real runner does the steps, the page shows what comes of it.
import type { Page } from '@playwright/test';
import { deafen } from '../fixtures/app';
import { violations } from '../fixtures/axe';
import { askRun, makeRunner } from '../fixtures/hand_runner';
import { HOSTILE, act, other, step } from '../fixtures/other';
import { test, expect, canRun, release, runs, waits } from '../fixtures/runner';
import { activeJune } from '../fixtures/world';

test.use({ hears: true });

const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });
const question = (page: Page) => page.getByRole('dialog', { name: /^Run/ });
const output = (page: Page) => page.getByRole('group', { name: /^Output of run/ });
// Asks by the key for a run of what has the focus, and confirms it.
async function runByKey(page: Page) {
  await page.keyboard.press('x');
  await expect(question(page).getByRole('button', { name: 'Run', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
}
// From then on the page hears of changes.
const connected = (page: Page) => page.locator('html[data-live]').waitFor({ state: 'attached' });

test('without a runner the button says why, and so does the key', async ({ page, open, server }) => {
  const { release: id } = await runs(server, [['Upgrade', 'true']]);
  await open(`/releases/${id}?step=1`);
  const here = panel(page, 'Upgrade, Acme');
  const run = here.getByRole('button', { name: 'Run', exact: true });
  await expect(run).toHaveAttribute('aria-disabled', 'true');
  await expect(run).toHaveAccessibleDescription(/eu-west/);
  await expect(here.getByText(/No runner/)).toBeVisible();
  await run.click({ force: true });
  await expect(question(page)).toHaveCount(0);
  await cell(page, /Step 1 Upgrade, Acme/).focus();
  await page.keyboard.press('x');
  await expect(question(page).getByRole('alert')).toHaveText(/No runner/);
  await expect(question(page).getByRole('button', { name: 'Run', exact: true })).toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Escape');
  await expect(question(page)).toHaveCount(0);
});

test('run from the panel: asked about by name and text, followed as it comes, folded when it is over', async ({ page, open, server, runner }) => {
  const text = `echo begun for {{customer.name}}\n${waits(server, 'go')}\necho over`;
  const { release: id } = await runs(server, [['Upgrade', text]]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}?step=1`);
  await connected(page);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: 'Run', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Run: Upgrade for Acme?' });
  for (const word of ['Acme', 'eu-west', 'acme', 'On eu-west-runner', 'echo begun for Acme']) await expect(dialog).toContainText(word);
  await expect(dialog.getByRole('button', { name: 'Run', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);

  await expect(output(page)).toContainText('begun for Acme');
  await expect(output(page)).not.toContainText('over');
  await expect(here.locator('.run-item')).toContainText('Running');
  await expect(here.locator('.run-item')).toContainText('asked by Ana Ferreira, on eu-west-runner');
  await expect(here.locator('[data-run-since]')).toHaveText(/, \d+ s/);
  const turning = cell(page, /Step 1 Upgrade, Acme/);
  await expect(turning).toHaveAttribute('data-running', 'running');
  await expect(turning).toHaveAccessibleName(/, running$/);
  await expect(here.getByRole('button', { name: 'Run', exact: true })).toHaveAccessibleDescription('A run is under way');
  expect(await violations(page, 'a run')).toEqual([]);

  release(server, 'go');
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: done by Ana Ferreira/)).toBeVisible();
  await expect(here.locator('.run-item')).toContainText(/Succeeded.*exit code 0/);
  await expect(turning).not.toHaveAttribute('data-running');
  await expect(turning).not.toHaveAccessibleName(/running/);
  await expect(output(page)).toHaveCount(0);
  await here.getByText('Output', { exact: true }).click();
  await expect(output(page)).toContainText('over');
});

test('a failed run tells its exit code and last line, and is run again from there', async ({ page, open, server, runner }) => {
  const text = `[ -e '${server.folder}/mended' ] || { echo no such chart; exit 3; }`;
  const { release: id } = await runs(server, [['Upgrade', text]]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}`);
  await connected(page);
  await cell(page, /Step 1 Upgrade, Acme/).click();
  await cell(page, /Step 1 Upgrade, Acme/).focus();
  await runByKey(page);
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: failed/)).toBeVisible();
  const here = panel(page, 'Upgrade, Acme');
  await expect(here.locator('.run-item')).toContainText('Exit code 3: no such chart');
  release(server, 'mended');
  await here.getByRole('button', { name: 'Retry…' }).click();
  await page.getByRole('dialog', { name: 'Run again: Upgrade for Acme?' }).getByRole('button', { name: 'Run again' }).click();
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: done/)).toBeVisible();
  await expect(here.getByText('Earlier runs')).toBeVisible();
});

test('a run whose step was skipped since is not run again, and says why, until the step is reopened', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['Upgrade', 'exit 3']]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await askRun(server, 1);
  await open(`/releases/${id}?step=1`);
  await connected(page);
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: failed/)).toBeVisible();
  const retry = panel(page, 'Upgrade, Acme').getByRole('button', { name: 'Retry…' });
  await expect(retry).not.toHaveAttribute('aria-disabled');
  await other(server, 'Ben')('act_on_step', act(1, 'skip', 'not needed'));
  await expect(retry).toHaveAttribute('aria-disabled', 'true');
  await expect(retry).toHaveAccessibleDescription('A skipped step cannot be started');
  expect(await violations(page, 'a run that is not run again')).toEqual([]);
  await retry.click({ force: true });
  await expect(question(page)).toHaveCount(0);
  await other(server, 'Ben')('act_on_step', act(1, 'reopen'));
  await expect(retry).not.toHaveAttribute('aria-disabled');
});

test('a retry may take as long as the run before, or as long as is typed', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['Upgrade', 'exit 3']]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}?step=1`);
  await connected(page);
  const here = panel(page, 'Upgrade, Acme');
  const newest = async () => (await (await fetch(`${server.url}/api/runs?stepId=1`)).json()).items[0].timeoutSeconds;
  const minutes = question(page).getByLabel('End it after');
  await here.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(minutes).toHaveValue('30');
  await minutes.fill('7');
  await question(page).getByRole('button', { name: 'Run', exact: true }).click();
  await expect(here.getByRole('button', { name: 'Retry…' })).toBeVisible();
  expect(await newest()).toBe(420);
  await here.getByRole('button', { name: 'Retry…' }).click();
  await expect(question(page).getByRole('button', { name: 'Run again' })).toBeFocused();
  await expect(minutes).toHaveValue('7');
  await minutes.fill('0');
  await question(page).getByRole('button', { name: 'Run again' }).click();
  await expect(question(page).getByRole('alert')).toHaveText('Enter minutes from 1 to 1,440');
  await minutes.fill('45');
  await question(page).getByRole('button', { name: 'Run again' }).click();
  await expect(question(page)).toHaveCount(0);
  await expect.poll(newest).toBe(2_700);
});

test.describe('with leases of a few seconds', () => {
  test.use({ settings: { ROLLCALL_RUN_LEASE: '4' } });
  test('a cell says in shape and words whether its run waits, runs or was lost, and another run warns', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    const silent = await makeRunner(server, 'eu-1', ['eu-west']);
    await open(`/releases/${june}?step=${step.acme.upgrade}`);
    await connected(page);
    const here = cell(page, /Upgrade, Acme/);
    const ring = () => here.evaluate(it => {
      const { animationName, borderTopStyle, content } = getComputedStyle(it, '::before');
      return [animationName, borderTopStyle, content.includes('?')].join(' ');
    });
    await askRun(server, step.acme.upgrade);
    await expect(here).toHaveAccessibleName(/, queued$/);
    expect(await ring()).toBe('none dotted false');
    await silent.begin();
    await expect(here).toHaveAccessibleName(/, running$/);
    expect(await ring()).toBe('turn solid false');
    await expect(here).toHaveAccessibleName(/, lost its runner$/);
    expect(await ring()).toBe('none dashed true');
    // Also for who comes later.
    await page.reload();
    await expect(here).toHaveAccessibleName(/, lost its runner$/);
    expect(await violations(page, 'a lost run')).toEqual([]);

    const sheet = panel(page, 'Upgrade, Acme');
    for (const button of [sheet.getByRole('button', { name: 'Retry…' }), sheet.getByRole('button', { name: 'Run', exact: true })]) {
      await button.click();
      await expect(question(page)).toContainText(/The last run lost its runner at \d\d:\d\d UTC, nobody knows how far it came\. .*check before you run it again/);
      await page.keyboard.press('Escape');
      await expect(question(page)).toHaveCount(0);
    }
    await other(server, 'Ben')('act_on_step', act(step.acme.upgrade, 'fail', 'looked'));
    await expect(here).toHaveAccessibleName(/failed/);
    await expect(here).not.toHaveAttribute('data-running');
    await expect(here).not.toHaveAccessibleName(/lost/);
    // Who starts it by hand waits for no run.
    await other(server, 'Ben')('act_on_step', act(step.acme.upgrade, 'start'));
    await expect(here).toHaveAccessibleName(/in progress/);
    await expect(here).not.toHaveAttribute('data-running');
  });
});

test('a run that waits says what for in the panel, as long as it does', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.upgrade}`);
  await connected(page);
  const run = panel(page, 'Upgrade, Acme').locator('.run-item');
  await askRun(server, step.acme.upgrade);
  await expect(run).toContainText('No runner serves eu-west');
  const eu = await makeRunner(server, 'eu-1', ['eu-west']);
  const { id, lease } = await eu.begin();
  await expect(run).toContainText('Running');
  await expect(run).not.toContainText('No runner');
  await eu.finish({ id, lease }, 0, 'over');
  await expect(run).toContainText('Succeeded');
});

test('what a run marked is undone as what was done here, and what ran is not', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['Upgrade', 'true']]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}`);
  await connected(page);
  await cell(page, /Step 1 Upgrade, Acme/).click();
  await cell(page, /Step 1 Upgrade, Acme/).focus();
  await runByKey(page);
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: done/)).toBeVisible();
  const undo = page.getByRole('button', { name: 'Undo', exact: true }).first();
  await expect(undo).toHaveAccessibleDescription(/mark done, Upgrade for Acme/);
  await undo.click();
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: in progress/)).toBeVisible();
  await expect(panel(page, 'Upgrade, Acme').locator('.run-item')).toContainText('Succeeded');
});

test('a run is cancelled, and the step says by whom', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['Upgrade', `echo begun\n${waits(server, 'never')}`]]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}?step=1`);
  await connected(page);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: 'Run', exact: true }).click();
  await question(page).getByRole('button', { name: 'Run', exact: true }).click();
  await expect(output(page)).toContainText('begun');
  await here.getByRole('button', { name: 'Cancel run' }).click();
  await expect(here.locator('.run-item')).toContainText(/Cancelled by Ana Ferreira after \d+ s/, { timeout: 30_000 }); // a runner hears of it with its next heartbeat
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: failed/)).toBeVisible();
});

test('several are run at once: all of them are listed, and which cannot be run, and why', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['One', 'echo 1'], ['Two', 'echo 2'], ['Three', 'echo {{var.NONE}}'], ['Four', 'echo 4']]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}`);
  await connected(page);
  await cell(page, /Step 1 One, Acme/).click();
  for (let n = 0; n < 3; n++) await page.keyboard.press('Shift+ArrowDown');
  await page.getByRole('toolbar', { name: 'Actions on the selection' }).getByRole('button', { name: 'Run…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Run 3 of 4 steps?' });
  await expect(dialog).toContainText("1 step can't be run: listed last, with the reason");
  for (const [n, name] of ['One', 'Two', 'Four', 'Three'].entries()) await expect(dialog.getByRole('listitem').nth(n)).toContainText(`${name}, Acme`);
  await expect(dialog.getByRole('listitem').filter({ hasText: 'Three, Acme' })).toContainText('Not set: NONE');
  await expect(dialog.getByRole('listitem').filter({ hasText: 'Two, Acme' })).toContainText('eu-west / acme');
  await dialog.getByText('Two, Acme').click();
  await expect(dialog.getByText('echo 2')).toBeVisible();
  expect(await violations(page, 'the question of a bulk')).toEqual([]);
  await dialog.getByRole('button', { name: 'Run 3' }).click();
  await expect(dialog).toHaveCount(0);
  for (const name of ['1 One', '2 Two', '4 Four']) await expect(cell(page, new RegExp(`Step ${name}, Acme, eu-west: done`))).toBeVisible();
  await expect(cell(page, /Step 3 Three, Acme, eu-west: pending/)).toBeVisible();
});

test('of several the one whose text changed since it was shown is not run, and named', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['One', 'echo 1'], ['Two', 'echo 2']]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}`);
  await connected(page);
  await cell(page, /Step 1 One, Acme/).click();
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByRole('toolbar', { name: 'Actions on the selection' }).getByRole('button', { name: 'Run…' }).click();
  const dialog = page.locator('dialog[open]');
  await expect(dialog).toContainText('Each is run on its own');
  await other(server, 'Ben')('override_step', { id: 1, content: 'echo other', version: 1 });
  await dialog.getByRole('button', { name: 'Run 2' }).click();
  await expect(dialog).toContainText('1 of 2 steps will run');
  await expect(dialog.getByRole('listitem').filter({ hasText: 'One, Acme' })).toContainText('The text has changed since it was shown');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(cell(page, /Step 2 Two, Acme, eu-west: done/)).toBeVisible();
  await expect(cell(page, /Step 1 One, Acme, eu-west: pending/)).toBeVisible();
});

test('run mode: x runs, and the next step opens when it is done', async ({ page, open, server, runner }) => {
  const { release: id, acme } = await runs(server, [['One', waits(server, 'go')], ['Two', 'echo 2']]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}/customer/${acme}?step=1`);
  await connected(page);
  const heading = (name: string) => page.getByRole('heading', { level: 2, name, exact: true });
  await expect(heading('One')).toBeVisible();
  await runByKey(page);
  await expect(page.locator('.run-item')).toContainText('Running');
  await expect(page.locator('.run__row[aria-current=step]')).toHaveAttribute('data-running', 'running');
  release(server, 'go');
  await expect(heading('Two')).toBeVisible();
  await expect(page).toHaveURL(/step=2$/);
  await runByKey(page);
  await expect(page.getByText('All done here')).toBeVisible();
});

test('a text that changed since it was shown is not run, and shown anew', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['Upgrade', 'echo {{var.HOST}}']]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}?step=1`);
  await connected(page);
  await panel(page, 'Upgrade, Acme').getByRole('button', { name: 'Run', exact: true }).click();
  await expect(question(page)).toContainText('echo acme.example');
  await other(server, 'Ben')('override_step', { id: 1, content: 'echo other', version: 1 });
  await question(page).getByRole('button', { name: 'Run', exact: true }).click();
  await expect(question(page).getByRole('alert')).toBeVisible();
  await expect(question(page)).toContainText('echo other');
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: pending/)).toBeVisible();
});

test('output is text, its colours are classes, and control characters are seen', async ({ page, open, server, runner }) => {
  const escaped = HOSTILE.replaceAll("'", `'"'"'`);
  const text = [`printf '%s\\n' '${escaped}'`, `printf '\\033[1;31mred\\033[0m plain \\007 bell\\n'`, `printf 'to \\342\\200\\256 turn\\n'`, `printf 'wrong\\n' >&2`].join('\n');
  const { release: id } = await runs(server, [['Upgrade', text]]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}?step=1`);
  await connected(page);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: 'Run', exact: true }).click();
  await question(page).getByRole('button', { name: 'Run', exact: true }).click();
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: done/)).toBeVisible();
  await here.getByText('Output', { exact: true }).click();
  await expect(output(page)).toContainText(HOSTILE);
  expect(await output(page).locator('img').count()).toBe(0);
  expect(await page.title()).not.toBe('owned');
  const red = output(page).locator('.a-ink-1.a-bold');
  await expect(red).toHaveText('red');
  const colour = (locator: typeof red) => locator.evaluate(it => getComputedStyle(it).color);
  expect(await colour(red)).not.toBe(await colour(output(page)));
  await expect(output(page)).toContainText('plain ␇ bell');
  await expect(output(page)).toContainText('to U+202E turn');
  await expect(output(page).locator('.a-error')).toHaveText('wrong');
});

test('a long output is followed, searched and left at the line that is read; few of its lines are in the page', async ({ page, open, server, runner }) => {
  const text = `for n in $(seq 20000); do echo "line $n"; done\n${waits(server, 'go')}\necho the end`;
  const { release: id } = await runs(server, [['Upgrade', text]]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}?step=1`);
  await connected(page);
  await panel(page, 'Upgrade, Acme').getByRole('button', { name: 'Run', exact: true }).click();
  await question(page).getByRole('button', { name: 'Run', exact: true }).click();
  const lines = output(page);
  await expect(lines).toContainText('line 20000');
  await expect(lines).toContainText(/[\d,]+ lines not shown here/);
  expect(await lines.locator('.run-line').count()).toBeLessThan(3_300);
  const isAtEnd = () => lines.evaluate(it => it.scrollTop + it.clientHeight >= it.scrollHeight - 4);
  expect(await isAtEnd()).toBe(true);

  await lines.evaluate(it => it.scrollTo(0, 0));
  const follow = page.getByRole('button', { name: 'Follow', exact: true });
  await expect(follow).toBeVisible();
  const search = page.getByRole('searchbox', { name: 'Search output' });
  await search.fill('line 19999');
  await search.press('Enter');
  await expect(page.locator('[data-current]')).toHaveText('line 19999');
  await search.press('Escape');
  await expect(search).toHaveValue('');
  await expect(panel(page, 'Upgrade, Acme')).toBeVisible();
  await follow.click();
  await expect(follow).toBeHidden();
  expect(await isAtEnd()).toBe(true);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download output' }).click();
  expect((await download).suggestedFilename()).toMatch(/^run-\d+\.txt$/);

  // Who reads or searches in it goes on doing so when the run is over.
  await search.fill('line 3');
  release(server, 'go');
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: done/)).toBeVisible();
  await expect(lines).toContainText('the end');
  await expect(search).toHaveValue('line 3');
});

test('a search counts the lines that are not shown too, and finds nothing only where nothing is', async ({ page, open, server, runner }) => {
  const text = `for n in $(seq 20000); do echo "Line $n"; done\n${waits(server, 'go')}`;
  const { release: id } = await runs(server, [['Upgrade', text]]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await askRun(server, 1);
  await open(`/releases/${id}?step=1`);
  await connected(page);
  await expect(output(page)).toContainText('Line 20000');
  await expect(output(page)).toContainText(/[\d,]+ lines not shown here/);
  await expect(output(page)).not.toContainText('not kept');
  const search = page.getByRole('searchbox', { name: 'Search output' });
  const found = page.locator('.run-tools').getByRole('status');
  for (const [sought, answer] of [
    ['line 5000', '1 line, not shown here'],
    ['line 1999', '10 lines, 1 more not shown here'],
    ['line 19990', '1 line'],
    ['line 20001', 'No match'],
  ]) {
    await search.fill(sought);
    await expect(found).toHaveText(answer);
  }
  await search.fill('line 1999');
  await search.press('Enter');
  await expect(found).toHaveText('1 of 10 lines, 1 more not shown here');
  await expect(page.locator('[data-current]')).toHaveText('Line 19990');
  release(server, 'go');
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: done/)).toBeVisible();
});

test('of an output of which only both ends are kept, both the lines that are not shown and those that are gone are told', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['Upgrade', 'seq -f "line %.0f of an output that is much too long" 60000']]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await askRun(server, 1);
  const state = async () => (await (await fetch(`${server.url}/api/runs?stepId=1`)).json()).items[0].state;
  await expect.poll(state).toBe('succeeded');
  await open(`/releases/${id}?step=1`);
  await page.locator('[data-run-output] summary').click();
  await expect(output(page)).toContainText('line 60000 of');
  await expect(output(page)).toContainText(/[\d,]+ lines not shown here, and more that was not kept/);
  const search = page.getByRole('searchbox', { name: 'Search output' });
  const found = page.locator('.run-tools').getByRole('status');
  for (const [sought, answer] of [
    ['line 20000 of', '1 line, not shown here'],
    ['line 30000 of', 'No match in what was kept'],
    ['line 59999 of', '1 line'],
  ]) {
    await search.fill(sought);
    await expect(found).toHaveText(answer);
  }
});

test('a caret in a long output does not hold up the way to the next step', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['Upgrade', 'head -c 2000000 /dev/zero | tr "\\0" x; exit 3'], ['Check', 'true']]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await askRun(server, 1);
  await open(`/releases/${id}?step=1`);
  await expect(cell(page, /Step 1 Upgrade, Acme, eu-west: failed/)).toBeVisible();
  await panel(page, 'Upgrade, Acme').getByText('Output', { exact: true }).click();
  await expect.poll(() => output(page).locator('.run-line').count()).toBeGreaterThan(400);
  const selection = () => page.evaluate(() => getSelection()!.type);
  await output(page).locator('.run-line').first().evaluate(it => getSelection()!.selectAllChildren(it));
  expect(await selection()).toBe('Range');
  await cell(page, /Step 1 Upgrade, Acme/).focus();
  await page.keyboard.press('ArrowDown');
  await expect(panel(page, 'Check, Acme')).toBeVisible();
  // What is inert has no place for one: it would be looked for in each character of it.
  expect(await selection()).toBe('None');
});

test('without a connection output is asked for each second', async ({ page, open, server, runner }) => {
  await deafen(page);
  const { release: id } = await runs(server, [['Upgrade', `echo begun\n${waits(server, 'go')}\necho over`]]);
  await runner.start('eu-west');
  await canRun(server, 1);
  await open(`/releases/${id}?step=1`);
  const here = panel(page, 'Upgrade, Acme');
  await here.getByRole('button', { name: 'Run', exact: true }).click();
  await question(page).getByRole('button', { name: 'Run', exact: true }).click();
  await expect(output(page)).toContainText('begun');
  release(server, 'go');
  await expect(here.locator('.run-item')).toContainText('Succeeded');
});

test('a run that somebody else began is seen on arrival, and its cell turns', async ({ page, open, server, runner }) => {
  const { release: id } = await runs(server, [['Upgrade', waits(server, 'go')]]);
  await runner.start('eu-west');
  await canRun(server, 1);
  const asked = await fetch(`${server.url}/api/steps/1/run`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-rollcall-user': 'Ben' }, body: JSON.stringify({ version: 1 }) });
  expect(asked.status).toBe(201);
  await open(`/releases/${id}?step=1`);
  await expect(panel(page, 'Upgrade, Acme').locator('.run-item')).toContainText('asked by Ben');
  await expect(output(page)).toBeVisible();
  await expect(cell(page, /Step 1 Upgrade, Acme/)).toHaveAttribute('data-running', 'running');
  const ring = () => cell(page, /Step 1 Upgrade, Acme/).evaluate(it => getComputedStyle(it, '::before').animationName);
  expect(await ring()).toBe('turn');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await ring()).toBe('none');
  release(server, 'go');
  await expect(cell(page, /Step 1 Upgrade, Acme/)).not.toHaveAttribute('data-running');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });
  test('the button, the question and the output have room', async ({ page, open, server, runner }) => {
    const { release: id } = await runs(server, [['Upgrade', `echo ${'long '.repeat(60)}\n${waits(server, 'go')}`]]);
    await runner.start('eu-west');
    await canRun(server, 1);
    await open(`/releases/${id}?step=1`);
    await connected(page);
    const isWide = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    await panel(page, 'Upgrade, Acme').getByRole('button', { name: 'Run', exact: true }).click();
    await expect(question(page)).toContainText('echo long');
    expect(await isWide()).toBe(false);
    expect(await violations(page, 'the question')).toEqual([]);
    await question(page).getByRole('button', { name: 'Run', exact: true }).click();
    await expect(output(page)).toContainText('long long');
    expect(await isWide()).toBe(false);
    await output(page).scrollIntoViewIfNeeded();
    expect((await output(page).boundingBox())!.height).toBeGreaterThanOrEqual(240);
    await expect(output(page)).toBeInViewport({ ratio: 0.9 });
    const inView = (name: string) => panel(page, 'Upgrade, Acme').getByRole('searchbox', { name });
    await inView('Search output').scrollIntoViewIfNeeded();
    await expect(inView('Search output')).toBeInViewport({ ratio: 1 });
    expect(await violations(page, 'the output')).toEqual([]);
    release(server, 'go');
    await expect(panel(page, 'Upgrade, Acme').locator('.run-item')).toContainText('Succeeded');
  });
});
