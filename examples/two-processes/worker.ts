import { createWorker, openBuffer } from '@sluice/core';
import { print } from './print.js';
import { type PageSchema, url } from './schema.js';

/** Applies page views until it is stopped. */
const buffer = await openBuffer<PageSchema>({ url, sink: print });
const worker = createWorker(buffer, { intervalMs: 100 });

const stop = async (): Promise<void> => {
  await worker.stop(); // The batch that is being applied is finished and acknowledged.
  await buffer.close(); // Now nothing keeps the process alive.
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
console.error('Applying what is pending, until it is told to stop');
