// Clusters and customers from Rancher: the preview with its filters and boxes, what is created of it, and its undo.
import type { Page } from '@playwright/test';
import { test as plain, expect } from '../fixtures/app';
import { test } from '../fixtures/rancher';
import { people } from '../fixtures/world';

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const said = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });
const rows = (page: Page) => page.getByRole('table', { name: 'Namespaces in Rancher' });
const row = (page: Page, name: RegExp) => rows(page).getByRole('row', { name });
const box = (page: Page, name: string) => page.getByRole('checkbox', { name, exact: true });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const listed = (page: Page, name: string) => page.getByRole('table', { name: 'Customers' }).getByRole('link', { name, exact: true });

test('clusters and customers come from Rancher, and their import is undone', async ({ page, open, server }) => {
  await people(server);
  await open('/clusters');
  await page.getByRole('link', { name: 'Import from Rancher…' }).click();
  await expect(heading(page, 'Import from Rancher')).toBeVisible();
  await expect(row(page, /acme/)).toContainText('Acme Exists');
  await expect(row(page, /globex/)).toContainText('Gone from Rancher. The customer stays');
  await expect(row(page, /hooli/)).toContainText('Customers');
  await expect(row(page, /stark/)).toContainText('New, in a new cluster');
  await expect(row(page, /kube-system/)).toContainText('To check: kube-system is a system namespace');
  await expect(said(page, '4 new, 1 exists, 1 gone')).toBeVisible();
  await expect(page.getByText("Couldn't read far-away: Rancher answers 503")).toBeVisible();
  await expect(box(page, 'Import kube-system, eu-west')).not.toBeChecked();
  await box(page, 'Import wayne, ap-south').uncheck();
  await button(page, 'Import 2 customers').click();
  await expect(heading(page, 'Customers')).toBeVisible();
  const done = said(page, 'Created 2 customers and 1 cluster');
  await expect(done).toBeVisible();
  await expect(listed(page, 'hooli')).toBeVisible();
  await expect(listed(page, 'stark')).toBeVisible();
  await expect(listed(page, 'wayne')).toHaveCount(0);
  await done.getByRole('button', { name: 'Undo' }).click();
  await expect(listed(page, 'hooli')).toHaveCount(0);
  await open('/clusters');
  await expect(page.getByRole('link', { name: 'eu-west', exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: 'ap-south', exact: true })).toHaveCount(0);
});

test('filters narrow the preview, and the box in the head leaves the system alone', async ({ page, open }) => {
  await open('/customers/new?rancher');
  await expect(said(page, '5 new')).toBeVisible();
  await page.getByLabel('Cluster', { exact: true }).selectOption({ label: 'eu-west' });
  await button(page, 'Apply filter').click();
  await expect(said(page, '3 new')).toBeVisible();
  await box(page, 'Select all').uncheck();
  await expect(button(page, 'Import customers')).toHaveAttribute('aria-disabled', 'true');
  await box(page, 'Select all').check();
  await expect(button(page, 'Import 2 customers')).toBeVisible();
  await expect(box(page, 'Import kube-system, eu-west')).not.toBeChecked();
  await page.getByLabel('Label', { exact: true }).fill('team=shop');
  await page.getByLabel('Namespace contains').fill('ho');
  await page.getByLabel('Project', { exact: true }).fill('customers');
  await page.getByLabel('Project', { exact: true }).press('Enter');
  await expect(rows(page).getByRole('checkbox')).toHaveCount(2);
  await expect(row(page, /hooli/)).toBeVisible();
  await page.getByLabel('Label', { exact: true }).fill('=shop');
  await button(page, 'Apply filter').click();
  await expect(page.getByText('Write a label as key=value, such as team=shop')).toBeVisible();
  await page.getByLabel('Label', { exact: true }).fill('');
  await page.getByLabel('Namespace contains').fill('nothing');
  await button(page, 'Apply filter').click();
  await expect(page.getByText('No namespaces match.')).toBeVisible();
});

plain('without its settings nothing leads there, and the page says which are missing', async ({ page, open, server }) => {
  await people(server);
  for (const path of ['/clusters', '/customers']) {
    await open(path);
    await expect(page.getByRole('link', { name: 'Import from Rancher…' })).toHaveCount(0);
  }
  await open('/customers/new?rancher');
  await expect(page.getByRole('alert').filter({ hasText: 'Set RANCHER_URL and RANCHER_TOKEN on the server to import from Rancher.' })).toBeVisible();
});
