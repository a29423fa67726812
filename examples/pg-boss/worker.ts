import { createWorker, openBuffer } from '@sluice/core';
import { PgBoss } from 'pg-boss';
import { print } from '../two-processes/print.js';
import { type PageSchema, url } from '../two-processes/schema.js';
import { pgBoss } from './pg-boss.js';

/** Applies page views, together with every other process that runs this program: each takes jobs from one queue. */
const boss = new PgBoss(process.env.DATABASE_URL ?? 'postgres://localhost');
await boss.start();
const buffer = await openBuffer<PageSchema>({ url, sink: print });
const worker = createWorker(buffer, { intervalMs: 100, engine: await pgBoss(boss) });

const stop = async (): Promise<void> => {
  await worker.stop(); // The jobs at hand are done; others are left to the other processes.
  await Promise.all([buffer.close(), boss.stop()]);
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
console.error('Applying what is pending, until it is told to stop');
