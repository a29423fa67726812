import { bullmq } from '@sluice/bullmq';
import { createWorker, openBuffer } from '@sluice/core';
import { print } from '../two-processes/print.js';
import { type PageSchema, url } from '../two-processes/schema.js';

/** Applies page views, together with every other process that runs this program: each takes jobs from one queue. */
const buffer = await openBuffer<PageSchema>({ url, sink: print });
const engine = bullmq({ connection: { url: process.env.QUEUE_URL ?? url } });
const worker = createWorker(buffer, { intervalMs: 100, engine });

const stop = async (): Promise<void> => {
  await worker.stop(); // The jobs at hand are done; others are left to the other processes.
  await buffer.close();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
console.error('Applying what is pending, until it is told to stop');
