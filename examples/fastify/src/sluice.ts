import { createWorker, openBuffer, type SluiceBuffer } from '@sluice/core';
import { type KyselySink, kyselySink } from '@sluice/kysely';
import fp from 'fastify-plugin';
import { openDatabase } from './database.js';

/** What this service counts. */
export interface PageSchema {
  Page: { columns: 'views'; filters: { path: string } };
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly sluice: SluiceBuffer<PageSchema>;
  }
}

export interface SluicePluginOptions {
  /** Where increments wait: `memory:` or `redis://…`. */
  readonly url: string;
  readonly databaseFile: string;
}

/** Opens the buffer and starts a worker with the server, and ends both with it. */
export const sluice = fp<SluicePluginOptions>(async (server, { url, databaseFile }) => {
  const db = await openDatabase(databaseFile);
  const sink: KyselySink<PageSchema> = kyselySink({
    db,
    models: { Page: { table: 'pages', keys: ['path'], columns: ['views'] } },
  });
  await sink.migrate();
  const buffer = await openBuffer<PageSchema>({ url, sink });
  const worker = createWorker(buffer, { onError: (error) => server.log.error(error) });
  server.decorate('sluice', buffer);

  // Runs after the last request: the worker ends its batch, the buffer writes what it holds, the database goes last.
  server.addHook('onClose', async () => {
    await worker.stop();
    await buffer.close();
    await db.destroy();
  });
});
