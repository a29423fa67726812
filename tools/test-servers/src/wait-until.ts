import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until it is so. A failure, such as that of a server that is not there yet, is a no.
 * @throws Error when it is not so after 30 seconds
 */
export async function waitUntil(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > end) throw new Error(`${what}: not within ${LIMIT_MS} ms.`);
    // The servers need the processor more.
    await sleep(50);
  }
}

const LIMIT_MS = 30_000;
