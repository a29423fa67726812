import { bullmq } from '@sluice/bullmq';
import { createBuffer, createWorker, type Sink } from '@sluice/core';
import { kyselySink } from '@sluice/kysely';
import { redis } from '@sluice/redis';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { LEASE_MS, QUEUE, type WorkerSettings } from './settings.js';

/** One of the processes that share the queue. It says to its parent when it is ready to be stopped, and of each batch that it begins to apply. */
const { redisUrl, queueUrl, postgresUrl } = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
const pool = new pg.Pool({ connectionString: postgresUrl, max: 4 });
pool.on('error', () => {});
const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
const rows = kyselySink({ db, pool, models: { Page: { table: 'pages', keys: ['id'], columns: ['views'] } } });
const sink: Sink = (batch, context) => {
  process.send?.('applying');
  return rows(batch, context);
};
const buffer = createBuffer({
  backend: redis({ url: redisUrl }),
  sink: Object.assign(sink, { giveUp: rows.giveUp }),
  batchSize: 100,
  leaseMs: LEASE_MS,
  logger: { warn: () => {}, error: () => {} },
});
const engine = bullmq({
  connection: { url: queueUrl },
  queue: QUEUE,
  lockDuration: LEASE_MS,
  stalledInterval: LEASE_MS / 2,
});
const worker = createWorker(buffer, { intervalMs: 50, engine });

process.once('SIGTERM', async () => {
  await worker.stop();
  await buffer.close();
  await db.destroy();
  process.disconnect?.();
});
process.send?.('ready');
