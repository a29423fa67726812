import knex, { type Knex } from 'knex';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import type { Road, Tables } from './road.js';

function overKnex(knex: Knex): Kysely<Tables> {
  return new Kysely({ dialect: new PostgresDialect({ pool: poolOf(knex) }) });
}

/** Knex's pool as `pg` has pools: its connections are those of `pg`. */
function poolOf({ client }: Knex): PostgresPool {
  return {
    async connect() {
      const connection: PostgresPoolClient = await client.acquireConnection();
      return Object.assign(connection, { release: () => client.releaseConnection(connection) });
    },
    end: async () => {},
  };
}

const migrations: Readonly<Record<string, Knex.Migration>> = {
  '0000_pages': {
    up: (knex) =>
      knex.schema.createTable('pages', (table) => {
        table.text('path').primary();
        table.bigInteger('views').notNullable().defaultTo(0);
      }),
    down: (knex) => knex.schema.dropTable('pages'),
  },
  '0001_sluice_ledger': {
    up: (knex) =>
      knex.schema.createTable('sluice_ledger', (table) => {
        table.text('id').primary();
        table.integer('partition_id').notNullable();
        table.timestamp('applied_at').notNullable().defaultTo(knex.raw('now()'));
        table.text('outcome');
        table.index(['partition_id', 'applied_at'], 'sluice_ledger_age');
      }),
    down: (knex) => knex.schema.dropTable('sluice_ledger'),
  },
};

/** Migrations that are modules; those in a folder need no source of their own. */
const migrationSource: Knex.MigrationSource<[name: string, migration: Knex.Migration]> = {
  getMigrations: async () => Object.entries(migrations),
  getMigrationName: ([name]) => name,
  getMigration: async ([, migration]) => migration,
};

export function openKnex(connection: string): Road {
  const own = knex({ client: 'pg', connection });
  return {
    db: overKnex(own),
    migrate: () => own.migrate.latest({ migrationSource }),
    async views(path) {
      const page = await own<Tables['pages']>('pages').where({ path }).first();
      return BigInt(page?.views ?? 0);
    },
    close: () => own.destroy(),
  };
}
