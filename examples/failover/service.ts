import { setTimeout } from 'node:timers/promises';
import { createWorker, openBuffer } from '@sluice/core';
import { print } from '../two-processes/print.js';
import { type PageSchema, url } from '../two-processes/schema.js';

/**
 * Counts page views, and applies them: `service.ts <views> <pages>`. Whichever server fails meanwhile, each view counts once:
 * `REPLICAS` is how many replicas a master has, and an increment resolves when all of them have it.
 */
const [views = 10_000, pages = 100] = process.argv.slice(2).map(Number);
const replicas = Number(process.env.REPLICAS ?? 1);
const buffer = await openBuffer<PageSchema>({
  url, // redis+cluster://a,b,c or redis+sentinel://a,b,c/name
  sink: print,
  leaseMs: 5000,
  durability: { replicas, timeoutMs: 500, writes: true },
});
await using worker = createWorker(buffer, { intervalMs: 100 });
console.error('Counting');

for (let i = 0; i < views; i += pages) {
  const counted = Array.from({ length: pages }, (_, page) =>
    buffer.incr('Page', { views: 1 }, { path: `/${page}` }),
  );
  await Promise.all(counted);
}

await worker.stop();
// What a failover cut off is due when its lease has ended, or after a pause.
for (let report = await buffer.processPending(); report.dueInMs !== undefined; ) {
  await setTimeout(report.dueInMs);
  report = await buffer.processPending();
}
await buffer.close();
