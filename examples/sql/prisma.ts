import { readFile } from 'node:fs/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { overPool } from './pg.js';
import { PrismaClient } from './prisma/generated/client.js';
import type { Road } from './road.js';

/** Prisma over a pool that the service makes, and both use. */
export function openPrisma(connectionString: string): Road {
  const pool = new Pool({ connectionString });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    db: overPool(pool),
    // What `prisma migrate deploy` runs; its engine is a program that has to be downloaded.
    async migrate() {
      for (const name of ['20260101000000_pages', '20260101000001_sluice_ledger']) {
        const file = new URL(`prisma/migrations/${name}/migration.sql`, import.meta.url);
        await pool.query(await readFile(file, 'utf8'));
      }
    },
    async views(path) {
      const page = await prisma.page.findUnique({ where: { path } });
      return page?.views ?? 0n;
    },
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
