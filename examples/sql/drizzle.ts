import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { drizzle as overNodePostgres } from 'drizzle-orm/node-postgres';
import { migrate as migrateNodePostgres } from 'drizzle-orm/node-postgres/migrator';
import { bigint, type PgDatabase, type PgQueryResultHKT, pgTable, text } from 'drizzle-orm/pg-core';
import { drizzle as overPostgres } from 'drizzle-orm/postgres-js';
import { migrate as migratePostgres } from 'drizzle-orm/postgres-js/migrator';
import { overPool } from './pg.js';
import { overPostgresJs } from './postgres-js.js';
import type { Road } from './road.js';

const pages = pgTable('pages', {
  path: text().primaryKey(),
  views: bigint({ mode: 'bigint' }).notNull().default(0n),
});

const migrationsFolder = fileURLToPath(new URL('drizzle', import.meta.url));

/** Drizzle over `pg`: its pool is `$client`. */
export function openDrizzle(url: string): Road {
  const drizzle = overNodePostgres(url);
  return {
    db: overPool(drizzle.$client),
    migrate: () => migrateNodePostgres(drizzle, { migrationsFolder }),
    views: (path) => viewsOf(drizzle, path),
    close: () => drizzle.$client.end(),
  };
}

/** Drizzle over postgres.js, which is its `$client`. */
export function openDrizzleOverPostgresJs(url: string): Road {
  const drizzle = overPostgres(url);
  return {
    db: overPostgresJs(drizzle.$client),
    migrate: () => migratePostgres(drizzle, { migrationsFolder }),
    views: (path) => viewsOf(drizzle, path),
    close: () => drizzle.$client.end({ timeout: 1 }),
  };
}

async function viewsOf<T extends PgQueryResultHKT>(drizzle: PgDatabase<T>, path: string): Promise<bigint> {
  const [page] = await drizzle.select().from(pages).where(eq(pages.path, path));
  return page?.views ?? 0n;
}
