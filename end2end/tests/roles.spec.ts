// What pages leave out: a role sees no button for what it can never do.
import { test, expect } from '../fixtures/people';
import { step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';
import type { Server } from '../fixtures/app';

test.use({ users: 'ana:admin vera:viewer olga:operator' });

// The example of June, made by a token of the admin's.
async function june(team: { url: string; run(given: string[]): string }) {
  const token = team.run(['token', 'create', '--user', 'ana', '--name', 'tests']).match(/rcp_\w+/)![0];
  const call = async (name: string, body: unknown) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const answer = await fetch(`${team.url}/rpc/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    let value = 0;
    for (let at = 0; at < bytes.length; at++) {
      value += (bytes[at] & 127) * 128 ** at;
      if (bytes[at] < 128) break;
    }
    return value / 2;
  };
  return activeJune({ url: team.url, folder: '', call } as Server);
}

test('a viewer sees no button that changes something', async ({ page, team, signIn }) => {
  const world = await june(team);
  await signIn('vera');
  for (const path of ['/', '/clusters', '/customers', '/releases', `/customers/${world.acme}`, `/releases/${world.june}`]) {
    await page.goto(team.url + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    for (const name of [/^New /, /^Add /, /^Paste/, /^Edit/, /^Deactivate/, /^Undo/, /^Archive/]) {
      await expect(page.locator('main').getByRole('link', { name })).toHaveCount(0);
      await expect(page.locator('main').getByRole('button', { name })).toHaveCount(0);
    }
  }
  await page.goto(`${team.url}/releases/${world.june}/customer/${world.acme}`);
  await expect(page.getByRole('button', { name: 'Mark done' })).toHaveCount(0);
  await page.goto(`${team.url}/clusters/new`);
  await expect(page.locator('body')).toContainText('manager');
});

test('an operator works and plans nothing', async ({ page, team, signIn }) => {
  const world = await june(team);
  await signIn('olga', `/releases/${world.june}/customer/${world.acme}?step=${step.acme.announce}`);
  await page.getByRole('button', { name: 'Mark done' }).click();
  await expect(page.locator('main')).toContainText('olga of the tests');
  await page.goto(`${team.url}/releases/${world.june}`);
  await expect(page.getByRole('button', { name: 'Add customers…' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await page.goto(`${team.url}/releases/${world.june}/steps`);
  await expect(page.getByRole('button', { name: 'Import runbook…' })).toHaveCount(0);
});
