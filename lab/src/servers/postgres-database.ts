import { migrateLedger } from '@sluice/kysely';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { UNWELCOME } from '../workload/settings.js';
import type { Batches, CounterRow, Database } from './database.js';

/** Where the workers' sink writes. `applied` is the laboratory's own record: it has no key that could reject a row. */
const TABLES = `
  CREATE TABLE counter (
    name text,
    owner text,
    views bigint NOT NULL,
    balance bigint NOT NULL,
    seen bigint NOT NULL,
    note text,
    remark text,
    PRIMARY KEY (name, owner),
    CHECK (owner <> '${UNWELCOME}')
  );
  CREATE TABLE applied (batch text, transaction xid8);
  CREATE FUNCTION record_applied() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO applied VALUES (current_setting('lab.batch', true), pg_current_xact_id());
      RETURN NULL;
    END $$;
  CREATE TRIGGER record_applied AFTER INSERT OR UPDATE ON counter
    FOR EACH STATEMENT EXECUTE FUNCTION record_applied();
`;

/** A database in PostgreSQL. */
export class PostgresDatabase implements Database {
  readonly kind = 'postgres';

  private constructor(
    readonly name: string,
    readonly port: number,
  ) {}

  /** Creates an empty database. */
  static async create(port: number, name: string): Promise<PostgresDatabase> {
    await new PostgresDatabase('postgres', port).use((client) => client.query(`CREATE DATABASE ${name}`));
    const database = new PostgresDatabase(name, port);
    await database.use((client) => client.query(TABLES));
    await createLedger(database.url());
    return database;
  }

  url(port = this.port): string {
    return `postgres://postgres:postgres@127.0.0.1:${port}/${this.name}`;
  }

  /** Lends a connection to the server. */
  async use<T>(run: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.url(), application_name: 'lab-driver' });
    client.on('error', () => {});
    try {
      await client.connect();
      return await run(client);
    } finally {
      await client.end().catch(() => {});
    }
  }

  rows(): Promise<CounterRow[]> {
    return this.use(async (client) => {
      const { rows } = await client.query<Record<keyof CounterRow, string>>(
        'SELECT name, owner, views, balance, seen FROM counter',
      );
      return rows.map(({ name, owner, views, balance, seen }) => ({
        name,
        owner,
        views: Number(views),
        balance: Number(balance),
        seen: Number(seen),
      }));
    });
  }

  batches(): Promise<Batches> {
    return this.use(async (client) => {
      const { rows } = await client.query<{ batch: string | null; times: string }>(`
        SELECT batch, count(DISTINCT transaction) AS times
        FROM applied
        GROUP BY batch
      `);
      const twice = rows.filter(({ batch, times }) => batch === null || Number(times) > 1);
      return { applied: rows.length, twice: twice.map(({ batch }) => batch ?? '(unknown)') };
    });
  }
}

async function createLedger(connectionString: string): Promise<void> {
  const dialect = new PostgresDialect({ pool: new pg.Pool({ connectionString }) });
  const db = new Kysely<unknown>({ dialect });
  try {
    await migrateLedger(db);
  } finally {
    await db.destroy();
  }
}
