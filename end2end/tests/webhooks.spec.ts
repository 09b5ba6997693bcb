// Webhooks: made with a preview and a secret that is shown once, tried, told of a failure, replayed, switched off and deleted.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { test as base, expect, type Server } from '../fixtures/app';
import { act, other, step } from '../fixtures/other';
import { activeJune } from '../fixtures/world';

interface Receiver {
  url: string;
  received: { headers: IncomingHttpHeaders; body: string }[];
  // What it answers to the next requests; 204 afterwards.
  answers: number[];
}

const test = base.extend<{ receiver: Receiver }>({
  receiver: async ({}, use) => {
    const receiver: Receiver = { url: '', received: [], answers: [] };
    const server: HttpServer = createServer((request, response) => {
      let body = '';
      request.on('data', chunk => (body += chunk));
      request.on('end', () => {
        receiver.received.push({ headers: request.headers, body });
        const status = receiver.answers.shift() ?? 204;
        response.writeHead(status).end(status === 204 ? undefined : 'not today');
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    await use(receiver);
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  },
});
// A message that failed is not tried again by itself while a test looks at it.
test.use({ settings: { ROLLCALL_OUT_ALLOW: '127.0.0.1', ROLLCALL_OUT_RETRY: '3600' } });

const draft = (target: string) => ({ name: 'Build server', kind: 'webhook', target, events: ['step.failed'], isActive: true });
const deliveries = (page: Page) => page.getByRole('table', { name: 'Deliveries' });

// The newest delivery.
const newest = (page: Page) => deliveries(page).getByRole('row').nth(1);

// Waits until the last answer to the newest delivery had this status.
async function answered(server: Server, id: number, status: number) {
  const read = async () => {
    const { items } = await (await fetch(`${server.url}/api/webhooks/${id}/deliveries`)).json();
    return items[0]?.status;
  };
  await expect.poll(read).toBe(status);
}

test('a webhook is made, its secret is shown once, and a test arrives signed', async ({ page, open, receiver }) => {
  await open('/webhooks');
  await expect(page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'Webhooks' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByText('No webhooks yet')).toBeVisible();
  await page.getByRole('link', { name: 'New webhook' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Build server');
  await page.getByLabel('URL', { exact: true }).fill(receiver.url);
  await page.getByRole('checkbox', { name: /^Steps failed/ }).check();
  await page.getByRole('button', { name: 'Create webhook' }).click();
  const secret = await page.locator('.secret code').innerText();
  expect(secret).toMatch(/^whsec_/);
  await page.getByRole('link', { name: 'Open webhook' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Build server' })).toBeVisible();
  await expect(page.getByText(secret)).toHaveCount(0);
  await page.getByRole('button', { name: 'Send test' }).click();
  await expect(newest(page)).toContainText('Delivered');
  const [{ headers, body }] = receiver.received;
  expect(JSON.parse(body).type).toBe('test');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  await page.getByRole('link', { name: 'Webhooks', exact: true }).first().click();
  await expect(page.getByRole('row', { name: /Build server/ })).toContainText('Delivering');
});

test('a failed step is told, and what the receiver refused is replayed under the same id', async ({ page, open, server, receiver }) => {
  await activeJune(server);
  const id = await server.call('create_webhook', { draft: draft(receiver.url) });
  receiver.answers.push(500);
  await other(server, 'Jonas')('act_on_step', act(step.acme.upgrade, 'fail', 'disk full'));
  await answered(server, id, 500);
  await open(`/webhooks/${id}`);
  await expect(newest(page)).toContainText('Retrying');
  await expect(newest(page)).toContainText('Steps failed');
  await page.getByRole('button', { name: /^Replay Steps failed/ }).click();
  await answered(server, id, 204);
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect(newest(page)).toContainText('Delivered');
  const [first, second] = receiver.received;
  expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  const { data } = JSON.parse(second.body);
  expect(data).toMatchObject({ actor: 'Jonas', reason: 'disk full', count: 1 });
  expect(data.steps[0]).toMatchObject({ step: 'Upgrade', customer: 'Acme', cluster: 'eu-west', status: 'failed' });
});

test('the form shows a message of each kind, and says what is wrong at its field', async ({ page, open }) => {
  await open('/webhooks/new');
  const preview = page.getByRole('region', { name: 'Message' });
  await expect(preview).toContainText('"type": "step.failed"');
  await page.getByLabel('Message', { exact: true }).and(page.getByRole('combobox')).selectOption('Release finished');
  await expect(preview).toContainText('"type": "release.finished"');
  await page.getByRole('radio', { name: 'Email' }).check();
  await expect(page.getByLabel('Email addresses')).toBeVisible();
  await expect(preview).not.toContainText('"type"');
  await page.getByRole('radio', { name: 'Webhook' }).check();
  await page.getByRole('button', { name: 'Create webhook' }).click();
  await expect(page.getByText('Enter a name')).toBeVisible();
  await expect(page.getByText('Enter a URL or an address')).toBeVisible();
  await expect(page.getByText('Choose at least one')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Metadata');
  await page.getByLabel('URL', { exact: true }).fill('http://169.254.169.254/latest');
  await page.getByRole('checkbox', { name: /^Steps done/ }).check();
  await page.getByRole('button', { name: 'Create webhook' }).click();
  await expect(page.getByLabel('URL', { exact: true })).toHaveAttribute('aria-invalid', 'true');
});

test('a webhook is edited, switched off and on, and deleted', async ({ page, open, server, receiver }) => {
  const id = await server.call('create_webhook', { draft: draft(receiver.url) });
  await open(`/webhooks/${id}`);
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Name', { exact: true }).fill('Deploy bot');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Deploy bot' })).toBeVisible();
  await page.getByRole('button', { name: 'Switch off' }).click();
  await expect(page.getByRole('button', { name: 'Switch on' })).toBeVisible();
  await page.getByRole('button', { name: 'Switch on' }).click();
  await expect(page.getByRole('button', { name: 'Switch off' })).toBeVisible();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByText('No webhooks yet')).toBeVisible();
});
