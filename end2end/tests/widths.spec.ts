// What is needed for the work is in the window on a phone and a tablet: names, the guard, the editor, the bar under the grid.
import type { Locator, Page } from '@playwright/test';
import { test, expect, type Server } from '../fixtures/app';
import { askRun, makeRunner } from '../fixtures/hand_runner';
import { act } from '../fixtures/other';
import { activeJune, june as draftJune, many } from '../fixtures/world';

const LONG = 'x'.repeat(80);
const PHONE = { width: 360, height: 780 };
const TABLET = { width: 768, height: 1024 };

async function overflow(page: Page) {
  return await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

// Whether all of an element is inside the window, and none of its text is cut off.
async function expectWhole(of: Locator) {
  await expect(of).toBeVisible();
  await expect.poll(() => of.evaluate(it => {
    const { left, right, width } = it.getBoundingClientRect();
    const is_inside = left >= 0 && right <= document.documentElement.clientWidth && width > 0;
    return is_inside && it.scrollHeight <= it.clientHeight + 1;
  })).toBe(true);
}

// The words of an element's text that stand on more than one line.
async function brokenWords(of: Locator) {
  await expect(of).toBeVisible();
  return await of.evaluate(it => {
    const words: string[] = [];
    const texts = document.createTreeWalker(it, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode() as Text | null; text; text = texts.nextNode() as Text | null) {
      if (text.parentElement!.closest('.sr')) continue;
      for (const found of text.data.matchAll(/\p{L}+/gu)) {
        const range = document.createRange();
        const at = found.index ?? 0;
        range.setStart(text, at);
        range.setEnd(text, at + found[0].length);
        if (new Set([...range.getClientRects()].map(it => Math.round(it.top))).size > 1) words.push(found[0]);
      }
    }
    return words;
  });
}

// What the arrow in a head of the grid lies over: the name, the number beside it, or a sign.
async function coveredByArrow(head: Locator) {
  await expect(head.locator('.go')).toHaveCSS('opacity', '1');
  return await head.evaluate(it => {
    const go = it.querySelector('.go')!;
    const is_clear = getComputedStyle(go).backgroundColor === 'rgba(0, 0, 0, 0)';
    const arrow = (is_clear ? go.querySelector('.glyph')! : go).getBoundingClientRect();
    const meets = (box: DOMRect) => box.left < arrow.right && arrow.left < box.right && box.top < arrow.bottom && arrow.top < box.bottom;
    const covered: string[] = [];
    const texts = document.createTreeWalker(it, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(text);
      if ([...range.getClientRects()].some(meets)) covered.push(text.textContent!);
    }
    for (const sign of it.querySelectorAll('.glyph'))
      if (!go.contains(sign) && sign.getClientRects().length > 0 && meets(sign.getBoundingClientRect())) covered.push(sign.innerHTML);
    return covered;
  });
}

// A release with one customer, whose cluster and namespace have the length of real ones.
async function invoicing(server: Server, name: string) {
  const cluster = await server.call('create_cluster', { draft: { name: 'production-europe-west' } });
  const customer = await server.call('create_customer', { draft: { name, clusterId: cluster, namespace: 'meridian-logistics-production' } });
  const release = await server.call('create_release', { draft: { name: '2026.11 Invoicing', type: 'release' } });
  await server.call('add_template', { release, draft: { name: 'Announce', category: 'deploy', type: 'text', content: 'Go.', description: '' }, place: 'Last' });
  await server.call('activate_release', { id: release, customers: [customer] });
  return { release, customer };
}

for (const size of [PHONE, TABLET]) {
  test.describe(`at ${size.width} pixels`, () => {
    test.use({ viewport: size });

    test('names of eighty letters without a space make no page wider than the window', async ({ page, open, server }) => {
      const cluster = await server.call('create_cluster', { draft: { name: LONG } });
      const customer = await server.call('create_customer', { draft: { name: LONG, clusterId: cluster, namespace: LONG.slice(0, 60) } });
      const release = await server.call('create_release', { draft: { name: LONG, type: 'release', description: LONG } });
      const draft = { name: LONG, category: 'deploy', type: 'text', content: LONG, description: '' };
      await server.call('add_template', { release, draft, place: 'Last' });
      const pages = ['/releases', '/customers', '/clusters', `/customers/${customer}`, `/clusters/${cluster}`, `/releases/${release}/steps`, `/releases/${release}`];
      for (const path of pages) {
        await open(path);
        expect(await overflow(page), path).toBeLessThanOrEqual(0);
      }
      await server.call('activate_release', { id: release, customers: [customer] });
      for (const path of [`/releases/${release}`, `/releases/${release}/customer/${customer}`, '/activity', '/']) {
        await open(path);
        expect(await overflow(page), path).toBeLessThanOrEqual(0);
      }
    });

    test('runs and runners with such names make no page wider than the window', async ({ page, open, server }) => {
      const cluster = await server.call('create_cluster', { draft: { name: LONG } });
      const customer = await server.call('create_customer', { draft: { name: LONG, clusterId: cluster, namespace: LONG.slice(0, 60) } });
      const release = await server.call('create_release', { draft: { name: LONG, type: 'release' } });
      const draft = { name: LONG, category: 'deploy', type: 'bash', content: 'true', description: '' };
      await server.call('add_template', { release, draft, place: 'Last' });
      await server.call('activate_release', { id: release, customers: [customer] });
      const runner = await makeRunner(server, LONG, [LONG]);
      const step = 1;
      await askRun(server, step);
      const run = await runner.begin();
      await open('/runners');
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await runner.finish(run, 3, `${LONG}${LONG}\n`);
      for (const path of ['/runs', '/runners']) {
        await open(path);
        await expect(page.getByRole('row').nth(1)).toBeVisible();
        expect(await overflow(page), path).toBeLessThanOrEqual(0);
      }
    });

    test('a step is edited in a field that is wide enough for a line', async ({ page, open, server }) => {
      const { june } = await activeJune(server);
      await open(`/releases/${june}/steps`);
      await page.getByRole('listitem').getByRole('button', { name: 'Upgrade', exact: true }).click();
      const name = page.getByRole('region', { name: 'Upgrade' }).getByLabel('Name', { exact: true });
      await expect(name).toBeVisible();
      await expect.poll(async () => (await name.boundingBox())?.width).toBeGreaterThan(200);
    });
  });
}

test('on a phone the whole panel can be scrolled to', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  for (const height of [640, 740]) {
    await page.setViewportSize({ width: 360, height });
    await open(`/releases/${june}?step=2`);
    const panel = page.getByRole('complementary');
    await expect(panel.getByLabel('Notes')).toBeVisible();
    const { x, y, width } = (await panel.boundingBox())!;
    await page.mouse.move(x + width / 2, y + 60);
    await expect.poll(async () => {
      await page.mouse.wheel(0, 40);
      return await panel.getByLabel('Notes').evaluate(it => it.getBoundingClientRect().bottom < it.closest('aside')!.getBoundingClientRect().bottom);
    }).toBe(true);
    await expect(panel.getByText('Acme').first()).toBeInViewport();
  }
});

test.describe('on a phone', () => {
  test.use({ viewport: PHONE });

  test('the matrix shows the whole name of its release', async ({ page, open, server }) => {
    const { release } = await invoicing(server, 'Acme');
    await open(`/releases/${release}`);
    await expectWhole(page.getByRole('heading', { level: 1, name: '2026.11 Invoicing' }));
  });

  test('the guard says customer, cluster, namespace and release in full', async ({ page, open, server }) => {
    const name = 'Meridian Logistics and Storage International Holding';
    const { release, customer } = await invoicing(server, name);
    await open(`/releases/${release}/customer/${customer}`);
    await expectWhole(page.getByRole('heading', { level: 1, name }));
    const guard = page.locator('.place-bar');
    for (const text of ['production-europe-west', 'meridian-logistics-production', '2026.11 Invoicing'])
      await expectWhole(guard.locator('.page__title').getByText(text, { exact: true }));
  });

  test('the list of keys shows the keys, and opens at its top', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).click();
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await expect(keys.getByText('Arrows', { exact: true })).toBeInViewport();
    await expect(keys.getByLabel('Enable single-key shortcuts')).toBeInViewport();
  });
});

test('the first state of the filters is in the window of a phone', async ({ page, open, server }) => {
  const { june } = await activeJune(server);
  for (const width of [360, 430]) {
    await page.setViewportSize({ width, height: 780 });
    await open(`/releases/${june}`);
    await expect(page.locator('#filter-chips').getByRole('button', { name: /^Pending/ })).toBeInViewport({ ratio: 1 });
  }
});

test.describe('the arrow in a head', () => {
  async function failed(server: Server) {
    const { release } = await invoicing(server, 'Kestrel Energy');
    await server.call('act_on_step', act(1, 'fail', 'no answer'));
    return release;
  }
  const heads = (page: Page) => [page.getByRole('columnheader', { name: /Kestrel/ }), page.getByRole('rowheader', { name: /Announce/ })];

  test('covers no name and no state under the mouse', async ({ page, open, server }) => {
    const release = await failed(server);
    await open(`/releases/${release}`);
    const [column] = heads(page);
    await column.hover();
    expect(await coveredByArrow(column)).toEqual([]);
  });

  test.describe('where nothing is hovered', () => {
    test.use({ viewport: PHONE, hasTouch: true, isMobile: true });

    test('covers nothing', async ({ page, open, server }) => {
      const release = await failed(server);
      for (const size of [PHONE, TABLET]) {
        await page.setViewportSize(size);
        await open(`/releases/${release}`);
        for (const head of heads(page)) expect(await coveredByArrow(head), `${size.width}`).toEqual([]);
      }
    });
  });
});

test('the name of a cluster that is cut in its head ends in an ellipsis', async ({ page, open, server }) => {
  const { release } = await invoicing(server, 'Acme');
  await open(`/releases/${release}`);
  for (const state of ['Collapse', 'Expand']) {
    const button = page.locator('thead .band').getByTitle(`${state} production-europe-west`);
    const name = await button.locator('.clip').first().evaluate(it => ({ is_cut: it.scrollWidth > it.clientWidth, end: getComputedStyle(it).textOverflow, right: it.getBoundingClientRect().right }));
    expect(name).toMatchObject({ is_cut: true, end: 'ellipsis' });
    const head = await page.locator('thead .band').boundingBox();
    expect(name.right).toBeLessThanOrEqual(head!.x + head!.width);
    await button.click();
  }
});

test('a hundred of a hundred have room in the cell of a collapsed cluster', async ({ page, open, server }) => {
  const { release } = await many(server, 1, 100);
  await server.call('act_on_steps', { ids: Array.from({ length: 100 }, (_, index) => index + 1), action: 'done' });
  await open(`/releases/${release}?closed=1`);
  const cell = page.getByRole('gridcell', { name: /100 of 100 finished/ });
  await expect(cell).toHaveText('100/100');
  const room = await cell.evaluate(it => {
    const range = document.createRange();
    range.selectNodeContents(it);
    return it.getBoundingClientRect().right - range.getBoundingClientRect().right;
  });
  expect(room).toBeGreaterThan(4);
});

test('the number of the hundredth step is in one line beside its name', async ({ page, open, server }) => {
  const { release } = await many(server, 100, 1);
  // Where the text of an element is, and how many lines it has.
  const text = (of: Locator) => of.evaluate(it => {
    const range = document.createRange();
    range.selectNodeContents(it);
    const { left, right } = range.getBoundingClientRect();
    return { left, right, lines: new Set([...range.getClientRects()].map(box => box.top)).size };
  });
  for (const size of [PHONE, { width: 1440, height: 900 }]) {
    await page.setViewportSize(size);
    await open(`/releases/${release}/steps`);
    expect((await text(page.getByRole('listitem').filter({ hasText: 's99' }).locator('.no'))).lines).toBe(1);
    await open(`/releases/${release}`);
    await page.locator('.matrix').evaluate(it => it.scrollTo(0, it.scrollHeight));
    const head = page.getByRole('rowheader', { name: /s99/ });
    await expect(head.locator('.step__no')).toHaveText('100');
    const [number, name] = [await text(head.locator('.step__no')), await text(head.locator('.step__name'))];
    const sign = await head.locator('.step > .glyph').boundingBox();
    expect(number.lines).toBe(1);
    expect(number.left).toBeGreaterThanOrEqual((await head.boundingBox())!.x);
    expect(number.right).toBeLessThanOrEqual(sign?.x ?? name.left);
  }
});

test('the matrix for paper is no wider than a phone on the screen, its tables scroll', async ({ page, server }) => {
  await page.setViewportSize(PHONE);
  const { release } = await many(server, 1, 25);
  await page.goto(`${server.url}/releases/${release}?view=print`);
  await expect(page.getByRole('columnheader', { name: /c00/ })).toBeVisible();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  expect(await page.getByRole('main').evaluate(it => it.scrollWidth > it.clientWidth)).toBe(true);
});

test('in a window of little height the panel begins above the bar at the bottom', async ({ page, open, server }) => {
  await page.setViewportSize({ width: 720, height: 450 });
  const { june } = await activeJune(server);
  await open(`/releases/${june}`);
  const cell = page.getByRole('gridcell', { name: 'Step 3 Upgrade, Acme' });
  await cell.click();
  const title = page.getByRole('complementary').getByRole('heading', { name: 'Upgrade' });
  await expect(title).toBeVisible();
  const bottom = async (of: Locator) => (await of.boundingBox())!.y + (await of.boundingBox())!.height;
  expect(await bottom(title)).toBeLessThanOrEqual((await page.locator('.sidebar').boundingBox())!.y);
  // Its cell is above it.
  await expect.poll(async () => await bottom(cell)).toBeLessThanOrEqual((await page.locator('.sheet').boundingBox())!.y + 1);
});

test('where a missing value is set is told in full, however long the name', async ({ page, open, server }) => {
  const { release } = await invoicing(server, LONG);
  const zone = { name: 'Purge', category: 'deploy', type: 'bash', content: 'purge {{var.CDN_ZONE}}', description: '' };
  await server.call('add_template', { release, draft: zone, place: 'Last' });
  await open('/');
  const field = page.getByLabel('Where to set var.CDN_ZONE');
  await expect(field).toHaveAttribute('title', `for ${LONG}`);
  await expect(field).toHaveCSS('text-overflow', 'ellipsis');
  await field.selectOption({ label: 'for 2026.11 Invoicing' });
  await expect(field).toHaveAttribute('title', 'for 2026.11 Invoicing');
});

test.describe('what is in a list', () => {
  // Nothing is beyond the edge of its card.
  const whole = (page: Page) => expect.poll(() => page.evaluate(() => [...document.querySelectorAll('.list, .scroll-x')]
    .filter(it => it.scrollWidth > it.clientWidth + 1).map(it => it.textContent!.slice(0, 40)))).toEqual([]);

  // A customer with a failure that has a long reason, and with a value that is missing.
  async function inTrouble(server: Server) {
    const { release, customer } = await invoicing(server, 'Meridian Logistics');
    const zone = { name: 'Purge', category: 'deploy', type: 'bash', content: 'purge {{var.CDN_ZONE}}', description: '' };
    await server.call('add_template', { release, draft: zone, place: 'Last' });
    const reason = 'Lock timeout on invoice_line after 30 s, table still in use by the nightly export.';
    await server.call('act_on_step', act(1, 'fail', reason));
    return { release, customer };
  }

  test('is in the window of a phone: names and progress', async ({ page, open, server }) => {
    await page.setViewportSize(PHONE);
    const { customer } = await inTrouble(server);
    for (const path of ['/customers', '/releases', '/clusters', `/customers/${customer}`, '/']) {
      await open(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await whole(page);
    }
    await open('/customers');
    await expect(page.getByRole('columnheader', { name: 'Progress' })).toBeInViewport({ ratio: 1 });
  });

  test('is in the window of a phone and of a tablet: all that is said of runs and runners', async ({ page, open, server }) => {
    const { release } = await invoicing(server, 'Meridian Logistics and Storage');
    const draft = { name: 'Synchronize authentication providers', category: 'deploy', type: 'bash', content: 'sync', description: '' };
    await server.call('add_template', { release, draft, place: 'Last' });
    const runner = await makeRunner(server, 'production-europe-west-runner', ['production-europe-west']);
    await askRun(server, 2);
    await runner.finish(await runner.begin(), 3, 'Lock timeout on invoice_line after 30 s, table still in use by the nightly export.\n');
    for (const size of [PHONE, TABLET]) {
      await page.setViewportSize(size);
      await open('/runs');
      const run = page.getByRole('row', { name: /Synchronize/ });
      const said = ['Synchronize authentication providers', '2026.11 Invoicing', 'production-europe-west', 'Failed', 'production-europe-west-runner'];
      for (const text of said) await expect(run.getByText(text, { exact: true })).toBeInViewport({ ratio: 1 });
      await expect(run.getByText(/^Exit code 3: Lock timeout/)).toBeInViewport({ ratio: 1 });
      await expect(run.getByRole('link', { name: /output of Synchronize/ })).toBeInViewport({ ratio: 1 });
      await whole(page);
      await open('/runners');
      const row = page.getByRole('row', { name: /production-europe-west-runner/ });
      for (const text of ['bash, sql', 'Idle']) await expect(row.getByText(text, { exact: true })).toBeInViewport({ ratio: 1 });
      await expect(row.getByRole('button', { name: 'Delete production-europe-west-runner' })).toBeInViewport({ ratio: 1 });
      await whole(page);
    }
  });

  test('is in the window of a tablet', async ({ page, open, server }) => {
    await page.setViewportSize(TABLET);
    const { customer } = await inTrouble(server);
    for (const path of ['/customers', '/releases', '/clusters', '/clusters/1', `/customers/${customer}`, '/']) {
      await open(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await whole(page);
    }
  });

  test('is in the window where the customer that failed has a name without a blank', async ({ page, open, server }) => {
    const { customer } = await invoicing(server, LONG);
    await server.call('act_on_step', act(1, 'fail', LONG));
    for (const size of [PHONE, TABLET]) {
      await page.setViewportSize(size);
      for (const path of ['/clusters/1', `/customers/${customer}`, '/customers', '/']) {
        await open(path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await whole(page);
      }
      await open('/clusters/1');
      await expectWhole(page.getByRole('table').first().getByText(LONG, { exact: true }).first());
    }
  });

  test('is in a window of any width where no name has a blank, and so is the field for a missing value', async ({ page, open, server }) => {
    const cluster = await server.call('create_cluster', { draft: { name: LONG } });
    const customer = await server.call('create_customer', { draft: { name: LONG, clusterId: cluster, namespace: LONG.slice(0, 60) } });
    const release = await server.call('create_release', { draft: { name: LONG, type: 'release' } });
    const draft = { name: LONG, category: 'deploy', type: 'bash', content: `purge {{var.${LONG.slice(0, 60)}}}`, description: '' };
    await server.call('add_template', { release, draft, place: 'Last' });
    await server.call('activate_release', { id: release, customers: [customer] });
    for (const size of [{ width: 1440, height: 900 }, { width: 1280, height: 800 }, { width: 1024, height: 768 }, TABLET, PHONE]) {
      await page.setViewportSize(size);
      for (const path of ['/customers', '/releases', '/clusters', `/customers/${customer}`, `/clusters/${cluster}`, '/']) {
        await open(path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await whole(page);
      }
      const field = page.locator('.value-field > input');
      await expect.poll(async () => (await field.boundingBox())!.width).toBeGreaterThan(90);
    }
  });

  test('has room for the reason of a failure on a tablet', async ({ page, open, server }) => {
    await page.setViewportSize(TABLET);
    await inTrouble(server);
    await open('/clusters/1');
    await expect.poll(async () => (await page.getByText(/^Lock timeout/).first().boundingBox())!.width).toBeGreaterThan(300);
  });

  test('is whole beside the activity, with the field for a missing value', async ({ page, open, server }) => {
    await page.setViewportSize({ width: 1024, height: 768 });
    await inTrouble(server);
    await open('/');
    const field = page.locator('.value-field select');
    await expect(field).toBeVisible();
    // As wide as what it says: the release's name.
    await expect.poll(async () => (await field.boundingBox())!.width).toBeGreaterThan(150);
    await whole(page);
  });
});

test('an editor beside the list of the steps has most of the width', async ({ page, open, server }) => {
  await page.setViewportSize({ width: 1024, height: 768 });
  const { june } = await activeJune(server);
  await open(`/releases/${june}/steps`);
  await page.getByRole('listitem').getByRole('button', { name: 'Upgrade', exact: true }).click();
  await expect.poll(async () => (await page.getByRole('region', { name: 'Upgrade' }).boundingBox())?.width).toBeGreaterThan(440);
});

test('a copy moves no button, in run mode and in the panel', async ({ page, open, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { release, customer } = await invoicing(server, 'Meridian Logistics International');
  // It is in progress before the first copy, so that none changes the line of its state.
  await server.call('act_on_step', act(1, 'start'));
  for (const size of [{ width: 1440, height: 900 }, TABLET, PHONE]) {
    await page.setViewportSize(size);
    for (const [path, of] of [[`/releases/${release}/customer/${customer}?step=1`, '.run__do'], [`/releases/${release}?step=1`, '.sheet__do']]) {
      await open(path);
      const bar = page.locator(of);
      // Where each button is in the bar, and how high the bar is.
      const places = () => bar.evaluate(it => {
        const all = it.getBoundingClientRect();
        const shown = [...it.querySelectorAll('.button')].filter(button => button.getClientRects().length > 0);
        return [all.height, ...shown.map(button => button.getBoundingClientRect()).map(at => [at.x - all.x, at.y - all.y].map(Math.round))];
      });
      const copy = bar.locator('[data-copy]');
      await expect(copy).toBeVisible();
      const before = await places();
      await copy.click();
      await expect(copy).toHaveText(/^Copied for Meridian Logistics International/);
      expect(await places(), `${of} ${size.width}`).toEqual(before);
    }
  }
});

test.describe('a name of several words', () => {
  test.use({ viewport: PHONE });

  test('is broken between its words on a phone, not within them', async ({ page, open, server }) => {
    const { release, customer } = await invoicing(server, 'Meridian Logistics');
    const draft = { name: 'Synchronize authentication providers', category: 'deploy', type: 'text', content: 'Go.', description: '' };
    await server.call('add_template', { release, draft, place: 'Last' });
    await server.call('act_on_step', act(2, 'fail', 'no answer'));
    await open(`/releases/${release}`);
    expect(await brokenWords(page.getByRole('columnheader', { name: /Meridian/ }))).toEqual([]);
    expect(await brokenWords(page.getByRole('rowheader', { name: /Synchronize/ }))).toEqual([]);
    await open(`/customers/${customer}`);
    expect(await brokenWords(page.getByRole('link', { name: /Synchronize/ }))).toEqual([]);
  });
});

test('the tabs of a phone have a gap between their names', async ({ page, open }) => {
  await page.setViewportSize(PHONE);
  await open('/');
  const gaps = await page.getByRole('navigation', { name: 'Main' }).locator('.nav-link span:not(.count)').evaluateAll(names => {
    const boxes = names.map(it => {
      const text = document.createRange();
      text.selectNodeContents(it);
      return text.getBoundingClientRect();
    });
    return boxes.slice(1).map((it, index) => it.left - boxes[index].right);
  });
  expect(gaps).toHaveLength(4);
  for (const gap of gaps) expect(gap).toBeGreaterThan(2);
});

test('what Undo would undo has room beside a long name in run mode', async ({ page, open, server }) => {
  const { release, customer } = await invoicing(server, 'Meridian Logistics International');
  for (const width of [1280, 1100, 800]) {
    await page.setViewportSize({ width, height: 800 });
    await open(`/releases/${release}/customer/${customer}`);
    const head = page.locator('.page__head');
    const height = (await head.boundingBox())!.height;
    await page.keyboard.press('i');
    await expect(page.locator('#undo-what')).toHaveText(/^start, Announce for Meridian/);
    await expect.poll(async () => (await page.locator('.undo-what').boundingBox())!.width).toBeGreaterThanOrEqual(80);
    // It has its room from the beginning: nothing moves at the first mark.
    expect((await head.boundingBox())!.height).toBe(height);
    await page.keyboard.press('p');
    await expect(page.locator('#undo-what')).toHaveText(/^reopen, Announce for Meridian/);
  }
});

test.describe('on a tablet', () => {
  test.use({ viewport: TABLET });

  test('the grid keeps its width beside an open step', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).press('Enter');
    await expect(page.getByRole('complementary').getByRole('heading', { name: 'Announce' })).toBeVisible();
    await expect.poll(async () => (await page.locator('.matrix').boundingBox())?.width).toBeGreaterThan(600);
  });

  test('the rail shows no key', async ({ page, open, server }) => {
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await expect(page.locator('.sidebar[data-rail]')).toBeVisible();
    await expect(page.locator('.sidebar kbd').filter({ visible: true })).toHaveCount(0);
  });

  test('a draft, which has no matrix, has the whole sidebar', async ({ page, open, server }) => {
    const { june } = await draftJune(server);
    await open(`/releases/${june}`);
    await expect.poll(async () => (await page.locator('.sidebar').boundingBox())?.width).toBe(200);
  });

  test('the density stands in the first line of the filters', async ({ page, open, server }) => {
    await page.setViewportSize({ width: 1024, height: 768 });
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    const top = async (name: string) => (await page.getByRole('toolbar', { name: 'Filters' }).getByLabel(name, { exact: true }).boundingBox())?.y ?? -1;
    await expect.poll(async () => Math.abs(await top('Density') - await top('Filter customers and steps'))).toBeLessThan(16);
  });
});

for (const width of [768, 1024]) {
  test(`all buttons for the selection are in a window of ${width} pixels, with a step open too`, async ({ page, open, server }) => {
    await page.setViewportSize({ width, height: 1024 });
    const { june } = await activeJune(server);
    await open(`/releases/${june}`);
    await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).press('Enter');
    await expect(page.getByRole('complementary').getByRole('heading', { name: 'Announce' })).toBeVisible();
    await page.getByRole('gridcell', { name: 'Step 1 Announce, Acme' }).press('Control+a');
    const bar = page.getByRole('toolbar', { name: 'Actions on the selection' });
    const pane = await page.locator('.matrix__pane').boundingBox();
    for (const name of [/^Mark done/, /^Start/, /^Skip/, /^Fail/, /^Revert/, /^Reopen/, 'Clear selection']) {
      const button = bar.getByRole('button', { name });
      await expect(button).toBeVisible();
      const box = await button.boundingBox();
      expect(box!.x + box!.width, String(name)).toBeLessThanOrEqual(pane!.x + pane!.width);
    }
  });
}

test('a date field that is typed into has the ring', async ({ page, open }) => {
  await open('/activity');
  const from = page.getByLabel('From', { exact: true });
  await from.focus();
  await expect(from).toHaveCSS('outline-style', 'solid');
});
