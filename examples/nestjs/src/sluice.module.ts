import { Global, Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { createWorker, openBuffer, type SluiceBuffer, type Worker } from '@sluice/core';
import { type KyselySink, kyselySink } from '@sluice/kysely';
import type { Kysely } from 'kysely';
import { type Database, openDatabase } from './database';

/** What this service counts. */
export interface PageSchema {
  Page: { columns: 'views'; filters: { path: string } };
}

const DATABASE = Symbol('database');
export const BUFFER = Symbol('buffer');
const WORKER = Symbol('worker');

/** Opens the buffer and starts a worker with the application, and ends both with it. */
@Global()
@Module({
  providers: [
    { provide: DATABASE, useFactory: () => openDatabase(process.env.DATABASE_FILE ?? 'pages.db') },
    { provide: BUFFER, inject: [DATABASE], useFactory: openPages },
    {
      provide: WORKER,
      inject: [BUFFER],
      useFactory: (buffer: SluiceBuffer<PageSchema>) =>
        createWorker(buffer, { onError: (error) => new Logger('Sluice').error(error) }),
    },
  ],
  exports: [BUFFER],
})
export class SluiceModule implements OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly db: Kysely<Database>,
    @Inject(BUFFER) private readonly buffer: SluiceBuffer<PageSchema>,
    @Inject(WORKER) private readonly worker: Worker,
  ) {}

  /** Runs after the last request: the worker ends its batch, the buffer writes what it holds, the database goes last. */
  async onApplicationShutdown(): Promise<void> {
    await this.worker.stop();
    await this.buffer.close();
    await this.db.destroy();
  }
}

async function openPages(db: Kysely<Database>): Promise<SluiceBuffer<PageSchema>> {
  const sink: KyselySink<PageSchema> = kyselySink({
    db,
    models: { Page: { table: 'pages', keys: ['path'], columns: ['views'] } },
  });
  await sink.migrate();
  const url = process.env.SLUICE_URL ?? 'memory:';
  return openBuffer<PageSchema>({ url, sink });
}
