import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM ?? PATHS.find((path) => existsSync(path));

/** Whether there is a Chromium on this machine. Tests that want one are skipped without it. */
export const hasChromium = executablePath !== undefined;

/** Starts a Chromium without a window, which asks nobody but the pages that it is told to. */
export async function startChromium(): Promise<Browser> {
  // Most who start servers start no browser, and it takes half a second to load.
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
