// Notes: what is typed is saved whatever is done next, and at the step that it was typed for.
import type { Page } from '@playwright/test';
import { test, expect, live, type Server } from '../fixtures/app';
import { hold } from '../fixtures/hold';
import { act, other, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

const panel = (page: Page, name: string) => page.getByRole('complementary', { name });
const cell = (page: Page, name: string) => page.getByRole('gridcell', { name });

// The notes of a step as the server has them.
const stored = (server: Server, id: number) => async () => (await (await fetch(`${server.url}/api/steps/${id}`)).json()).notes;

// To another page of ours.
const leave = async (page: Page) => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Dashboard' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
};

// Whether the browser would ask before the tab is closed.
const asks = (page: Page) => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));

test('a note that is being written is there after a reload, and saved', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  const run = `/releases/${june}/customer/${acme}?step=${step.acme.migrate}`;
  for (const [address, id] of [[`/releases/${june}?step=${step.acme.announce}`, step.acme.announce], [run, step.acme.migrate]] as const) {
    await open(address);
    await page.getByLabel('Notes').fill('half a sentence');
    expect(await asks(page)).toBe(false);
    await page.reload();
    await live(page);
    await expect(page.getByLabel('Notes')).toHaveValue('half a sentence');
    await expect.poll(stored(server, id)).toBe('half a sentence');
    await expect(page.getByRole('alert')).toHaveCount(0);
  }
});

test('a note that is being written is saved when the tab goes to another address', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const notes = panel(page, 'Announce, Acme').getByLabel('Notes');
  await notes.fill('first');
  await notes.blur();
  await expect(panel(page, 'Announce, Acme').getByText('Saved', { exact: true })).toBeVisible();
  await notes.fill('first and second');
  await page.goto(`${server.url}/healthz`);
  await expect.poll(stored(server, step.acme.announce)).toBe('first and second');
});

test('a note that somebody else has written over is asked about after a reload, and both are there', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').fill('mine');
  await other(server, 'Jonas')('note_step', { id: step.acme.announce, notes: 'theirs', version: 1 });
  await page.reload();
  await live(page);
  await expect(here.getByText(/Jonas changed this at \d\d:\d\d/)).toBeVisible();
  await expect(here.getByLabel('Notes')).toHaveValue('mine');
  expect(await stored(server, step.acme.announce)()).toBe('theirs');
  await here.getByRole('button', { name: 'Keep mine' }).click();
  await expect.poll(stored(server, step.acme.announce)).toBe('mine');
});

test('a note that was saved as its document was left is no draft, whatever others have made of it since', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  const id = step.acme.announce;
  const notes = panel(page, 'Announce, Acme').getByLabel('Notes');
  const inTab = () => page.evaluate(() => sessionStorage.getItem('rollcall.notes'));
  for (const [theirs, version] of [['', 2], ['theirs', 4]] as const) {
    await open(`/releases/${june}?step=${id}`);
    await notes.fill('mine');
    await page.goto(`${server.url}/healthz`);
    await expect.poll(stored(server, id)).toBe('mine');
    await other(server, 'Jonas')('note_step', { id, notes: theirs, version });
    const kept = await inTab();
    await open(`/releases/${june}?step=${id}`);
    // The panel has looked at what the tab kept, and has decided.
    await expect.poll(inTab).not.toBe(kept);
    await expect(notes).toHaveValue(theirs);
    await expect(page.getByRole('alert')).toHaveCount(0);
    expect(await stored(server, id)()).toBe(theirs || null);
  }
});

test('a note is kept while it is being saved behind its page', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const notes = panel(page, 'Announce, Acme').getByLabel('Notes');
  // It never arrives.
  await hold(page, 'note_step');
  await notes.fill('mine');
  await leave(page);
  await page.reload();
  await live(page);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  await expect(notes).toHaveValue('mine');
  await expect.poll(stored(server, step.acme.announce)).toBe('mine');
});

test('what is added to a note while it is being saved is saved too as the page is left', async ({ page, open, server }) => {
  await activeJune(server);
  await open('/releases');
  await page.getByRole('link', { name: 'June', exact: true }).click();
  await cell(page, 'Step 1 Announce, Acme').click();
  const notes = panel(page, 'Announce, Acme').getByLabel('Notes');
  await notes.fill('first');
  const go = await hold(page, 'note_step');
  const sent = page.waitForRequest(/\/rpc\/note_step/);
  await notes.press('Control+Enter');
  await sent;
  await notes.fill('first and second');
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Releases' })).toBeVisible();
  go();
  await expect.poll(stored(server, step.acme.announce)).toBe('first and second');
});

test.describe('on a page that hears what others change', () => {
  test.use({ hears: true });

  test('a note that could not be saved as its page was left is kept over a reload, and a message leads to it', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    const id = step.acme.announce;
    const here = panel(page, 'Announce, Acme');
    const question = here.getByText(/Jonas changed this at \d\d:\d\d/);
    const message = page.getByRole('status').filter({ hasText: 'Your notes on Announce for Acme were not saved: someone else has changed them' });
    await open(`/releases/${june}?step=${id}`);
    await here.getByLabel('Notes').click();
    await page.keyboard.type('mine');
    await other(server, 'Jonas')('note_step', { id, notes: 'theirs', version: 1 });
    await expect(question).toBeVisible();
    await leave(page);
    await expect(message).toBeVisible();
    expect(await asks(page)).toBe(true);
    await page.reload();
    await live(page);
    await open(`/releases/${june}?step=${id}`);
    await expect(question).toBeVisible();
    await expect(here.getByLabel('Notes')).toHaveValue('mine');
    expect(await stored(server, id)()).toBe('theirs');

    await leave(page);
    await message.getByRole('link', { name: 'View step' }).click();
    await expect(question).toBeVisible();
    await here.getByRole('button', { name: 'Keep mine' }).click();
    await expect.poll(stored(server, id)).toBe('mine');
    await expect(question).toHaveCount(0);
    // What is saved by now is kept no longer.
    await leave(page);
    expect(await asks(page)).toBe(false);
    await other(server, 'Jonas')('note_step', { id, notes: 'theirs again', version: 3 });
    await open(`/releases/${june}?step=${id}`);
    await expect(here.getByLabel('Notes')).toHaveValue('theirs again');
    await expect(page.getByRole('alert')).toHaveCount(0);
  });
});

test('Tab leaves the field, which saves the note', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').click();
  await page.keyboard.type('called them');
  await page.keyboard.press('Tab');
  await expect(here.getByText('Saved', { exact: true })).toBeVisible();
  expect(await stored(server, step.acme.announce)()).toBe('called them');
});

test('a note that was saved once goes along with a mark when it is written on', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const here = panel(page, 'Announce, Acme');
  await here.getByLabel('Notes').fill('first');
  await here.getByLabel('Notes').blur();
  await expect(here.getByText('Saved', { exact: true })).toBeVisible();
  await here.getByLabel('Notes').fill('first and second');
  await here.getByRole('button', { name: 'Mark done' }).click();
  await expect(cell(page, 'Announce, Acme, eu-west: done by Ana Ferreira')).toBeVisible();
  expect(await stored(server, step.acme.announce)()).toBe('first and second');
});

test('while another step is on its way nothing is typed into the notes of the one before', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  await server.call('act_on_step', act(step.globex.upgrade, 'start'));
  await open(`/releases/${june}?step=${step.acme.announce}`);
  const before = panel(page, 'Announce, Acme').getByLabel('Notes');
  await before.scrollIntoViewIfNeeded();
  const place = (await before.boundingBox())!;
  const go = await hold(page, 'read_step');
  await cell(page, 'Step 3 Upgrade, Globex').click();
  await page.mouse.click(place.x + place.width / 2, place.y + place.height / 2);
  await page.keyboard.type('why');
  await expect(before).not.toBeFocused();
  await expect(before).toHaveValue('');
  go();
  const after = panel(page, 'Upgrade, Globex').getByLabel('Notes');
  await expect(after).toHaveValue('');
  await after.click();
  await page.keyboard.type('why');
  await after.blur();
  await expect(panel(page, 'Upgrade, Globex').getByText('Saved', { exact: true })).toBeVisible();
  expect(await stored(server, step.globex.upgrade)()).toBe('why');
  expect(await stored(server, step.acme.announce)()).toBeNull();
});

test('in run mode too what is typed never goes to the step before', async ({ page, open, server }) => {
  const { june, acme } = await activeJune(server);
  await open(`/releases/${june}/customer/${acme}?step=${step.acme.announce}`);
  const notes = page.getByRole('region', { name: 'Announce, Acme' }).getByLabel('Notes');
  await notes.scrollIntoViewIfNeeded();
  const place = (await notes.boundingBox())!;
  const go = await hold(page, 'read_step');
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: /Upgrade/ }).click();
  await page.mouse.click(place.x + place.width / 2, place.y + place.height / 2);
  await expect(notes).not.toBeFocused();
  await page.keyboard.type('why');
  await expect(notes).toHaveValue('');
  go();
  await expect(page.getByRole('region', { name: 'Upgrade, Acme' }).getByLabel('Notes')).toHaveValue('');
  expect(await stored(server, step.acme.announce)()).toBeNull();
});
