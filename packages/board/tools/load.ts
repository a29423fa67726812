import { readFileSync } from 'node:fs';
import { board } from '@sluice/board';
import { serve } from '@sluice/board/node';
import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startChromium, startTcpProxy } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import type { Browser, CDPSession, Page } from 'playwright-core';

// Measures the board over a million pending targets and ten thousand dead letters, with several pages that look.

const PENDING = 1_000_000;
const DEAD = 10_000;
const PARTITIONS = 16;
const PAGES = 5;
const SECONDS = 60;

await using server = await startRedisServer();
let commands = 0;
await using proxy = await startTcpProxy(server.port, () => ({
  onRequest(bytes) {
    commands += bytes.toString('latin1').match(/(^|\r\n)\*\d+\r\n\$/g)?.length ?? 0;
    return 'pass';
  },
}));

console.log(`Counting: ${DEAD} dead letters, ${PENDING} pending targets, ${PARTITIONS} partitions …`);
await fill();
await using buffer = createBuffer({
  backend: redis({ url: `redis://127.0.0.1:${proxy.port}` }),
  partitions: PARTITIONS,
});
await using site = await serve(board({ buffer, authorize: () => true }));
const browser = await startChromium();
try {
  await measure(browser);
} finally {
  await browser.close();
}

async function fill(): Promise<void> {
  const backend = redis({ url: server.url });
  await using filling = createBuffer({
    backend,
    partitions: PARTITIONS,
    maxTargets: PENDING,
    sink: async ({ entries }) => ({
      rejected: entries.map((_, index) => ({ index, reason: 'value is out of range for type bigint' })),
    }),
  });
  // Otherwise each batch would be logged.
  filling.on('buried', () => {});
  const count = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n += 1)
      filling.count('Page', { views: 1 }, { path: `/docs/${n}`, lang: 'en' });
    await filling.flush();
  };
  await count(0, DEAD);
  await filling.processPending();
  await count(DEAD, DEAD + PENDING);
  const { pending, dead } = await filling.stats();
  if (pending !== PENDING || dead !== DEAD) throw new Error(`There are ${pending} pending, ${dead} dead`);
}

async function measure(browser: Browser): Promise<void> {
  const page = await browser.newPage();
  const startedAt = performance.now();
  await page.goto(site.url);
  const shownAt = performance.now();
  await page.getByText('Live, as of').waitFor();
  const liveAt = performance.now();
  await page.locator('.letters tbody tr').nth(49).waitFor();
  const listedAt = performance.now();
  const paint = await page.evaluate<number>(
    "performance.getEntriesByName('first-contentful-paint')[0].startTime",
  );
  const since = (at: number): string => `${Math.round(at - startedAt)} ms`;
  console.log(`First contentful paint: ${Math.round(paint)} ms (the browser's own figure)`);
  console.log(
    `Loaded after ${since(shownAt)}, numbers after ${since(liveAt)}, 50 dead letters after ${since(listedAt)}`,
  );
  const others = await Promise.all(Array.from({ length: PAGES - 1 }, () => browser.newPage()));
  await Promise.all(others.map((other) => other.goto(site.url)));
  await page.getByLabel('Search').fill('docs/9999');
  await page.keyboard.press('Enter');
  const before = await heapOf(page);
  commands = 0;
  await page.waitForTimeout(SECONDS * 1000);
  console.log(
    `Commands a second on Redis, ${PAGES} pages looking for ${SECONDS} s: ${(commands / SECONDS).toFixed(1)}`,
  );
  console.log(
    `JavaScript heap of a page: ${before} MB at first, ${await heapOf(page)} MB after ${SECONDS} s`,
  );
  console.log(`Memory of the ${PAGES} pages' processes: ${await memoryOf(browser)} MB`);
}

/** What a page still holds, in MB. */
async function heapOf(page: Page): Promise<string> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return (usedSize / 1e6).toFixed(1);
}

/** What the processes of all pages hold, in MB, as Linux counts it: what they share is counted once. */
async function memoryOf(browser: Browser): Promise<string> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const kilobytes = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))?.[1]));
  return (kilobytes.reduce((sum, each) => sum + each, 0) / 1000).toFixed(0);
}
