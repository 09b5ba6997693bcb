// The first day, counted: from an empty database to a first active release of six customers and six steps from a Markdown runbook,
// by mouse and by keyboard alone. Everything goes through real clicks, pastes and key presses, which are counted.
import { test, expect } from '../fixtures/app';
import type { Locator, Page } from '@playwright/test';

const customers = ['Acme', 'Globex', 'Hooli', 'Initech', 'Stark', 'Umbrella'].map(name => `${name}, ${name.toLowerCase()}`).join('\n');

const step = (name: string, script: string) => `## ${name}\n\n\`\`\`bash\n${script}\n\`\`\`\n`;

const runbook = [
  '# Statements\n',
  step('Check context', 'kubectl config current-context'),
  step('Apply config map', 'kubectl -n {{customer.namespace}} apply -f config.yaml'),
  step('Upgrade api', 'helm upgrade api charts/api --namespace {{customer.namespace}}'),
  step('Purge cache', 'curl -X PURGE https://{{customer.namespace}}.example'),
  '# Verify\n',
  step('Health', 'kubectl -n {{customer.namespace}} get pods'),
  step('Queue drained', 'kubectl -n {{customer.namespace}} logs deploy/worker'),
].join('\n');

// What a person does with mouse and keyboard. A paste counts as one press, a chord as many as it has keys.
class Hands {
  clicks = 0;
  pastes = 0;
  keys = 0;
  constructor(private page: Page) {}

  async click(target: Locator) {
    this.clicks += 1;
    await target.click();
  }

  async press(chord: string) {
    this.keys += chord.split('+').length;
    await this.page.keyboard.press(chord);
  }

  async type(text: string) {
    this.keys += text.length;
    await this.page.keyboard.type(text);
  }

  async paste(text: string) {
    await this.page.evaluate(it => navigator.clipboard.writeText(it), text);
    this.pastes += 1;
    this.keys += 1;
    await this.page.keyboard.press('Control+V');
  }

  told() {
    return `${this.clicks} clicks, ${this.pastes} pastes, ${this.keys} key presses`;
  }
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
const name = (page: Page) => page.getByLabel('Name', { exact: true });
const read = (page: Page) => page.getByLabel('Name of step 6');
const created = (page: Page) => page.getByRole('gridcell', { name: 'Step 1 Check context, Acme, prod-eu: pending' });

test.beforeEach(async ({ context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
});

test('by mouse: at most 15 clicks and 3 pastes to the first active release', async ({ page, open }) => {
  const hands = new Hands(page);
  await open('/');
  await hands.click(link(page, 'Add cluster'));
  await expect(name(page)).toBeFocused();
  await hands.type('prod-eu');
  await hands.click(button(page, 'Create cluster'));
  await hands.click(link(page, 'Paste customers…'));
  await expect(page.getByLabel('Customers (one per line)')).toBeFocused();
  await hands.paste(customers);
  await hands.click(button(page, 'Create 6 customers'));
  await hands.click(link(page, 'New release'));
  await expect(name(page)).toBeFocused();
  await hands.type('2026.12');
  await hands.click(button(page, 'Next'));
  await hands.click(page.getByRole('radio', { name: 'Imported from a Markdown runbook' }));
  await hands.click(page.getByLabel('Runbook in Markdown'));
  await hands.paste(runbook);
  await expect(read(page)).toHaveValue('Queue drained');
  await hands.click(button(page, 'Next'));
  await hands.click(button(page, 'Select all'));
  await expect(page.locator('.figures')).toContainText('Cells to create36');
  await hands.click(button(page, 'Create release'));
  await expect(created(page)).toBeVisible();
  console.log(`the first day by mouse: ${hands.told()}`);
  expect(hands.clicks).toBeLessThanOrEqual(15);
  expect(hands.pastes).toBeLessThanOrEqual(3);
});

test('by keyboard alone: at most 80 key presses to the first active release', async ({ page, open }) => {
  const hands = new Hands(page);
  await open('/');
  await expect(link(page, 'Add cluster')).toBeFocused();
  await hands.press('Enter');
  await expect(name(page)).toBeFocused();
  await hands.type('prod-eu');
  await hands.press('Enter');
  await expect(link(page, 'Paste customers…')).toBeFocused();
  await hands.press('Enter');
  await expect(page.getByLabel('Customers (one per line)')).toBeFocused();
  await hands.paste(customers);
  await expect(button(page, 'Create 6 customers')).toBeVisible();
  await hands.press('Control+Enter');
  await expect(link(page, 'New release')).toBeFocused();
  await hands.press('Enter');
  await expect(name(page)).toBeFocused();
  await hands.type('2026.12');
  await hands.press('Enter');
  await expect(page.getByRole('radio', { name: 'Start empty' })).toBeFocused();
  await hands.press('ArrowDown');
  await hands.press('Tab');
  await expect(page.getByLabel('Runbook in Markdown')).toBeFocused();
  await hands.paste(runbook);
  await expect(read(page)).toHaveValue('Queue drained');
  await hands.press('Control+Enter');
  await expect(page.getByRole('searchbox', { name: 'Filter customers' })).toBeFocused();
  await hands.press('Tab');
  await expect(button(page, 'Select all')).toBeFocused();
  await hands.press('Enter');
  await expect(page.getByText('Activates for 6 customers')).toBeVisible();
  await hands.press('Control+Enter');
  await expect(created(page)).toBeVisible();
  console.log(`the first day by keyboard: ${hands.told()}`);
  expect(hands.clicks).toBe(0);
  expect(hands.keys).toBeLessThanOrEqual(80);
});
