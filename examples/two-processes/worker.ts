import { createWorker, openBuffer, type Sink } from '@sluice/core';
import { type PageSchema, url } from './schema.js';

/**
 * Applies page views until it is stopped; here, to apply is to print a line of JSON. A sink with a database would
 * record `batch.id` in the same transaction, and skip a batch whose id is there: see the quickstart.
 */
const print: Sink<PageSchema> = async ({ entries }) => {
  for (const { filters, columns } of entries) console.log(JSON.stringify({ ...filters, ...columns }));
};

const buffer = await openBuffer<PageSchema>({ url, sink: print });
const worker = createWorker(buffer, { intervalMs: 100 });

const stop = async (): Promise<void> => {
  await worker.stop(); // The batch that is being applied is finished and acknowledged.
  await buffer.close(); // Now nothing keeps the process alive.
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
