import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BoardOptions, board } from '@sluice/board';
import { type BoardServer, serve } from '@sluice/board/node';
import { type Buffer, createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { redis } from '@sluice/redis';
import { hasChromium, startChromium } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { bury, quiet } from './support/dead.js';

if (!hasChromium)
  console.log('No Chromium: the tests of the page are skipped. On Debian: apt-get install chromium');

let browser: Browser;
beforeAll(async () => {
  if (hasChromium) browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await Promise.all(servers.map((server) => server.close().catch(() => {})));
});
const servers: BoardServer[] = [];

/** Lets the page ask as often as it wants to, so that no test waits. */
const QUICK = { commandsPerSecond: 10_000 };

interface Opened {
  readonly page: Page;
  readonly server: BoardServer;
  /** What the page logged, or threw. */
  readonly complaints: readonly string[];
}

async function open(options: BoardOptions, context: BrowserContextOptions = {}): Promise<Opened> {
  const server = await serve(board({ ...QUICK, ...options }));
  servers.push(server);
  const page = await browser.newPage(context);
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(server.url);
  return { page, server, complaints };
}

function setup(): Buffer {
  return createBuffer({
    backend: memory(),
    partitions: 4,
    logger: quiet,
    sink: async ({ entries }) => ({
      rejected: entries.flatMap(({ filters }, index) =>
        typeof filters.reason === 'string' ? [{ index, reason: filters.reason }] : [],
      ),
    }),
  });
}

/** How long a machine that is busy may take to show something, in milliseconds. */
const PATIENCE = { timeout: 30_000 };

const all = { authorize: () => true };

const HOSTILE = [
  '<img src=x onerror="document.title=1"><script>document.title=2</script>',
  'evil\u202Etxt.exe\u2066\u200B',
  'w'.repeat(3400),
  '{{7*7}}#{7*7}',
];

// Side by side, since most of their time is the page's second between two looks.
describe.skipIf(!hasChromium).concurrent('the page', () => {
  test('loads without a complaint, and shows what there is', async ({ expect }) => {
    const buffer = setup();
    await buffer.incr('Page', { views: 1 }, { path: '/a' });
    await bury(buffer, [{ path: '/b' }]);
    await buffer.incr('Page', { views: 1 }, { path: '/c' });
    const { page, complaints } = await open({ buffer, title: 'Counters' });
    await page.getByText('Live, as of').waitFor();
    expect(await page.title()).toBe('Counters');
    expect(await page.locator('#totals div').filter({ hasText: 'Pending' }).locator('dd').textContent()).toBe(
      '1',
    );
    await page.getByRole('cell', { name: 'no such page', exact: true }).waitFor();
    expect(await page.locator('#plots canvas').count()).toBe(6);
    expect(complaints).toEqual([]);
  });

  test('follows what happens', async ({ expect }) => {
    const buffer = setup();
    await buffer.incr('Page', { views: 1 }, { path: '/a' });
    const { page } = await open({ buffer });
    const pending = page.locator('#totals div').filter({ hasText: 'Pending' }).locator('dd');
    await expect.poll(() => pending.textContent(), PATIENCE).toBe('1');
    await Promise.all(Array.from({ length: 1233 }, (_, n) => buffer.incr('Page', { views: 1 }, { n })));
    await expect.poll(() => pending.textContent(), PATIENCE).toBe('1,234');
    expect(await page.getByRole('img', { name: /^Waiting targets: 1,234/ }).count()).toBe(1);
  });

  test('shows what flows in and out of a backlog that does not change', async ({ expect }) => {
    const buffer = setup();
    const { page } = await open({ buffer });
    const flow = async (first: number): Promise<void> => {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => buffer.incr('Page', { views: 1 }, { n: first + n })),
      );
      await buffer.processPending();
    };
    let flowed = 0;
    const plot = async (title: string): Promise<string | null> => {
      await flow(flowed);
      flowed += 50;
      return page.getByRole('img', { name: title }).getAttribute('aria-label');
    };
    for (const title of ['In per second', 'Out per second'])
      await expect.poll(() => plot(title), PATIENCE).toMatch(new RegExp(`^${title}: [1-9][\\d,.]*/s$`));
  });

  test('shows no rates where the data went back to an earlier state', async () => {
    const backend = memory();
    const earlier = backend.snapshot();
    const buffer = createBuffer({ backend, partitions: 1, logger: quiet });
    await buffer.incr('Page', { views: 1 }, {});
    const { page } = await open({ buffer });
    await page.getByRole('img', { name: 'In per second: 0/s' }).waitFor();
    const unknown = page.getByRole('img', { name: 'In per second: –' }).waitFor();
    backend.restore(earlier);
    await unknown;
  });

  test('shows who holds a batch, a hostile name as text, and no wider than a phone', async ({ expect }) => {
    const [workerName = ''] = HOSTILE;
    const backend = memory();
    const buffer = createBuffer({ backend, partitions: 2, logger: quiet, workerName });
    await Promise.all(Array.from({ length: 20 }, (_, n) => buffer.incr('Page', { views: 1 }, { n })));
    await buffer.claim(0);
    const other = createBuffer({ backend, partitions: 2, workerName: 'w'.repeat(128) });
    await other.claim(1);
    const phone = { viewport: { width: 390, height: 844 } };
    const { page, complaints } = await open({ buffer, title: 'Board' }, phone);
    const table = page.locator('#batches tbody');
    await table.waitFor();
    const text = await table.textContent();
    for (const name of [workerName, 'w'.repeat(128)]) expect(text).toContain(`${name} for `);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe('Board');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('is read-only without a hook', async ({ expect }) => {
    const buffer = setup();
    await bury(buffer, [{ path: '/a' }]);
    const { page } = await open({ buffer });
    await page.getByText('Read-only').waitFor();
    await page.getByRole('cell', { name: 'no such page', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: /Redrive|Discard/ }).count()).toBe(0);
    expect(await page.getByRole('checkbox').count()).toBe(0);
  });

  test('redrives what is selected, once it was confirmed', async ({ expect }) => {
    const buffer = setup();
    await bury(buffer, [{ path: '/a' }, { path: '/b' }]);
    const { page } = await open({ buffer, ...all });
    await page.getByLabel('Select dead letter 1').check();
    await page.getByRole('button', { name: 'Redrive the selected (1)' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect((await buffer.stats()).dead).toBe(2);
    await page.getByRole('button', { name: 'Redrive the selected (1)' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click();
    await page.getByText('Redrove 1 dead letter.').waitFor();
    expect(await buffer.stats()).toMatchObject({ pending: 1, dead: 1 });
  });

  test('asks twice before it discards, and the second time for a word', async ({ expect }) => {
    const buffer = setup();
    await bury(buffer, [{ path: '/a' }, { path: '/b' }]);
    const { page } = await open({ buffer, ...all });
    await page.getByLabel('Select all on this page').check();
    await page.getByRole('button', { name: 'Discard the selected (2)' }).click();
    await page.getByRole('heading', { name: 'Discard 2 dead letters?' }).waitFor();
    await page.getByRole('button', { name: 'Continue …' }).click();
    const discard = page.getByRole('dialog').getByRole('button', { name: 'Discard' });
    expect(await discard.isDisabled()).toBe(true);
    await page.getByRole('dialog').getByRole('textbox').fill('yes');
    await page.keyboard.press('Enter');
    expect(await discard.isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    expect((await buffer.stats()).dead).toBe(2);
    await page.getByRole('button', { name: 'Discard the selected (2)' }).click();
    await page.getByRole('button', { name: 'Continue …' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('discard');
    await discard.click();
    await page.getByText('Discarded 2 dead letters.').waitFor();
    expect(await buffer.stats()).toMatchObject({ pending: 0, dead: 0 });
  });

  test('acts on what was found alone', async ({ expect }) => {
    const buffer = setup();
    await bury(buffer, [{ path: '/a', reason: 'timed out' }, { path: '/b' }]);
    const { page } = await open({ buffer, ...all });
    await page.getByLabel('Search').fill('timed');
    await page.keyboard.press('Enter');
    await page.getByText('Found 1, looked at 2.').waitFor();
    await page.getByRole('button', { name: 'Redrive all that match' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click();
    await page.getByText('Redrove 1 dead letter.').waitFor();
    expect(await buffer.stats()).toMatchObject({ pending: 1, dead: 1 });
  });

  test('looks up a target, and that of a dead letter', async ({ expect }) => {
    const buffer = setup();
    await bury(buffer, [{ path: '/a' }]);
    await buffer.incr('Page', { views: 41 }, { path: '/a', reason: 'no such page' });
    const { page } = await open({ buffer });
    const form = page.locator('#target');
    await form.getByLabel('Model').fill('Page');
    await form.getByLabel('Columns').fill('views, likes');
    await form.getByLabel('Filter', { exact: true }).fill('path');
    await form.getByLabel('Value').fill('/nowhere');
    await page.keyboard.press('Enter');
    await expect.poll(() => form.locator('dl').textContent(), PATIENCE).toBe('views0likes0');
    await page.getByRole('button', { name: 'Look up' }).first().click();
    await expect.poll(() => form.locator('dl').textContent(), PATIENCE).toBe('views41');
  });

  test('shows hostile names as text, and no wider than a phone', async ({ expect }) => {
    const buffer = setup();
    await bury(
      buffer,
      HOSTILE.map((path) => ({ path, reason: `bad: ${path.slice(0, 500)}` })),
    );
    const phone = { viewport: { width: 390, height: 844 } };
    const { page, complaints } = await open({ buffer, title: 'Board', ...all }, phone);
    const table = page.locator('.letters tbody');
    await table.waitFor();
    const text = (await table.textContent()) ?? '';
    for (const path of HOSTILE) {
      const spelt = path.replace(/[\u202E\u2066\u200B]/g, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
      expect(text).toContain(`bad: ${spelt.slice(0, 500)}`);
      expect(text).toContain(`path = ${JSON.stringify(spelt).replaceAll('\\\\', '\\')}`);
    }
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe('Board');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('says that Redis is away, with what was there last, and recovers', async ({ expect }) => {
    await using server = await startRedisServer({ appendonly: 'yes', appendfsync: 'always' });
    await using buffer = createBuffer({ backend: redis({ url: server.url }), logger: quiet });
    await buffer.incr('Page', { views: 1 }, { path: '/a' });
    const { page } = await open({ buffer });
    await page.getByText('Live, as of').waitFor();
    await server.kill();
    await page.getByText(/^Backend away for/).waitFor();
    await page.getByRole('alert').filter({ hasText: 'The redis backend failed' }).waitFor();
    expect(await page.getByLabel(/1 pending/).count()).toBe(1);
    await server.start();
    await page.getByText('Live, as of').waitFor();
    expect(await page.getByRole('alert').isHidden()).toBe(true);
  });

  test('says that its server is away, and recovers', async () => {
    const buffer = setup();
    const handle = board({ buffer, ...QUICK });
    const { page, server } = await open({ buffer });
    await page.getByText('Live, as of').waitFor();
    await server.close();
    await page.getByRole('alert').filter({ hasText: 'server does not reply' }).waitFor();
    await using _again = await serve(handle, { port: Number(new URL(server.url).port) });
    await page.getByText('Live, as of').waitFor();
  });

  test('says that the buffer is closed', async () => {
    const buffer = setup();
    const { page } = await open({ buffer });
    await page.getByText('Live, as of').waitFor();
    await buffer.close();
    await page.getByText(/^Closed/).waitFor();
  });

  test('is used by keyboard: one stop for the partitions, arrows in them, and the focus seen', async ({
    expect,
  }) => {
    const buffer = setup();
    await Promise.all(Array.from({ length: 40 }, (_, n) => buffer.incr('Page', { views: 1 }, { n })));
    const { page } = await open({ buffer });
    await page.getByLabel(/^Partition 3/).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const focused = (): Promise<string> => page.evaluate('document.activeElement.getAttribute("aria-label")');
    expect(await focused()).toMatch(/^Partition 2/);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.keyboard.press('Enter');
    await page
      .locator('#partition')
      .getByText(/^Partition 2/)
      .waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBeNull();
    await page.keyboard.press('Shift+Tab');
    // The next update leaves the focus where it is.
    await page.getByText('Live, as of').waitFor();
    expect(await focused()).toMatch(/^Partition 2/);
  });

  test('is light or dark as the system is', async ({ expect }) => {
    const { page } = await open({ buffer: setup() }, { colorScheme: 'dark' });
    const back = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await back()).toBe('rgb(13, 17, 23)');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await back()).toBe('rgb(246, 247, 249)');
  });

  test('no other site can frame it', async ({ expect }) => {
    const { page, server } = await open({ buffer: setup() });
    const other = createServer((_, response) => response.end(`<iframe src="${server.url}"></iframe>`));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    await expect.poll(() => page.frames()[1]?.url(), PATIENCE).toContain('chrome-error');
    other.close();
  });
});
