import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWorker, openBuffer } from '@sluice/core';
import { type KyselySink, kyselySink } from '@sluice/kysely';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { metricsPage, telemetry } from './telemetry.js';

interface PageSchema {
  Page: { columns: 'views'; filters: { path: string } };
}

interface Database {
  pages: { path: string; views: number };
}

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
pool.on('error', (error) => console.error(`PostgreSQL: ${error.message}`));
const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
await db.schema
  .createTable('pages')
  .ifNotExists()
  .addColumn('path', 'text', (column) => column.primaryKey())
  .addColumn('views', 'bigint', (column) => column.notNull().defaultTo(0))
  .execute();
const sink: KyselySink<PageSchema> = kyselySink({
  db,
  pool,
  models: { Page: { table: 'pages', keys: ['path'], columns: ['views'] } },
});
await sink.migrate();

const buffer = await openBuffer<PageSchema>({ url: process.env.SLUICE_URL ?? 'memory:', sink, telemetry });
const worker = createWorker(buffer);

/** Counts views of its pages, and shows its metrics at /metrics. */
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/metrics') return metricsPage(request, response);
  buffer.count('Page', { views: 1 }, { path: pathname });
  response.end(`This is ${pathname}.`);
});

const stop = async (): Promise<void> => {
  await new Promise((closed) => server.close(closed));
  await worker.stop();
  await buffer.close();
  await db.destroy();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.error(`listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
