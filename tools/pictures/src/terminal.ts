import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { startCounters } from './counters.js';
import type { Picture } from './picture.js';
import { outputOf } from './pseudo-terminal.js';

interface Shot {
  readonly name: string;
  /** As a user types it. */
  readonly command: string;
  /** Arguments that make it end. */
  readonly end?: string;
}

const SHOTS: readonly Shot[] = [
  { name: 'top', command: 'sluice top', end: '--count 25' },
  { name: 'status', command: 'sluice status' },
];

const SIZE = { columns: 160, rows: 40 };
const require = createRequire(import.meta.url);
const PAGE = fileURLToPath(new URL('terminal.html', import.meta.url));

/** The pictures of docs/cli.md: a terminal as xterm.js draws it, with what the command wrote to it. */
export async function* terminalPictures(browser: Browser): AsyncGenerator<Picture> {
  await using counters = await startCounters();
  for (const { name, command, end = '' } of SHOTS) {
    const output = await outputOf(`${command} ${end}`, SIZE, { SLUICE_URL: counters.url });
    yield { file: `cli/${name}.png`, png: await picture(browser, command, output) };
  }
}

async function picture(browser: Browser, command: string, output: string): Promise<Uint8Array> {
  const page = await browser.newPage({ deviceScaleFactor: 1.5, viewport: { width: 1600, height: 1000 } });
  await page.setContent(await readFile(PAGE, 'utf8'));
  await page.addStyleTag({ path: require.resolve('@xterm/xterm/css/xterm.css') });
  await page.addScriptTag({ path: require.resolve('@xterm/xterm/lib/xterm.js') });
  await page.evaluate(`show(${JSON.stringify({ ...SIZE, command, output })})`);
  const png = await page.locator('.window').screenshot({ omitBackground: true });
  await page.close();
  return png;
}
