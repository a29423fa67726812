import { openBuffer } from '@sluice/core';
import { print } from '../two-processes/print.js';
import { type PageSchema, url } from '../two-processes/schema.js';

/** Applies what is pending, and ends: for cron, a systemd timer or a Kubernetes CronJob. */
const buffer = await openBuffer<PageSchema>({ url, sink: print });
try {
  const { batches, retried, busy } = await buffer.processPending();
  console.error({ batches, retried, busy }); // busy: another run is at these partitions, or a failed batch waits
} finally {
  await buffer.close();
}
