import { serve } from '@sluice/board/node';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { scene } from './board-scene.js';
import type { Picture } from './picture.js';

interface Shot {
  readonly name: string;
  readonly context: BrowserContextOptions;
  readonly prepare?: (page: Page) => Promise<unknown>;
}

const DESKTOP = { viewport: { width: 1120, height: 900 } };
const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 1.5,
  isMobile: true,
  hasTouch: true,
};

const SHOTS: readonly Shot[] = [
  { name: 'light', context: { viewport: { width: 1120, height: 1240 }, colorScheme: 'light' } },
  { name: 'dark', context: { ...DESKTOP, colorScheme: 'dark' } },
  { name: 'phone', context: { ...PHONE, colorScheme: 'light' } },
  {
    name: 'discard',
    context: { viewport: { width: 1120, height: 520 }, colorScheme: 'light' },
    prepare: askToDiscard,
  },
];

async function askToDiscard(page: Page): Promise<void> {
  await page.getByLabel('Select all on this page').check();
  await page.getByRole('button', { name: /^Discard the selected/ }).click();
  await page.getByRole('button', { name: 'Continue …' }).click();
}

/** The pictures of docs/board.md. */
export async function* boardPictures(browser: Browser): AsyncGenerator<Picture> {
  await using server = await serve(await scene());
  for (const { name, context, prepare } of SHOTS) {
    const page = await browser.newPage({ timezoneId: 'UTC', ...context });
    await page.goto(server.url);
    await page.getByText('Live, as of').waitFor();
    await page.locator('.letters tbody tr').first().waitFor();
    await prepare?.(page);
    yield { file: `board/${name}.png`, png: await page.screenshot() };
    await page.close();
  }
}
