import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again. Returns whether the condition came true within that many tries. */
export async function poll(
  condition: () => boolean | Promise<boolean>,
  { everyMs, tries }: { readonly everyMs: number; readonly tries: number },
): Promise<boolean> {
  for (let i = 0; i < tries; i += 1) {
    if (await condition()) return true;
    await sleep(everyMs);
  }
  return false;
}
