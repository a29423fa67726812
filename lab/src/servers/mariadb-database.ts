import { migrateLedger } from '@sluice/kysely';
import { Kysely, MysqlDialect } from 'kysely';
import { createPool } from 'mysql2';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { UNWELCOME } from '../workload/settings.js';
import type { Batches, CounterRow, Database } from './database.js';

/** A trigger here runs for each row, so that what it has recorded before is ignored. */
const TABLES = [
  `create table counter (
    name varchar(40),
    owner varchar(40),
    views bigint not null,
    balance bigint not null,
    seen bigint not null,
    note text,
    remark text,
    primary key (name, owner),
    check (owner <> '${UNWELCOME}')
  )`,
  'create table applied (batch varchar(255), transaction char(36), primary key (batch, transaction))',
  `create trigger record_insert after insert on counter
    for each row insert ignore into applied values (coalesce(@lab_batch, ''), coalesce(@lab_transaction, ''))`,
  `create trigger record_update after update on counter
    for each row insert ignore into applied values (coalesce(@lab_batch, ''), coalesce(@lab_transaction, ''))`,
  // What the lock contender writes, so that it is not the victim of a deadlock.
  'create table ballast (number integer primary key)',
];

/** A database in MariaDB. */
export class MariadbDatabase implements Database {
  readonly kind = 'mariadb';

  private constructor(
    readonly name: string,
    readonly socket: string,
  ) {}

  /** Creates an empty database. */
  static async create(socket: string, name: string): Promise<MariadbDatabase> {
    await new MariadbDatabase('test', socket).use((client) => client.query(`create database ${name}`));
    const database = new MariadbDatabase(name, socket);
    await database.use(async (client) => {
      for (const table of TABLES) await client.query(table);
    });
    const pool = createPool({ socketPath: socket, user: 'root', database: name });
    const db = new Kysely<unknown>({ dialect: new MysqlDialect({ pool }) });
    try {
      await migrateLedger(db);
    } finally {
      await db.destroy();
    }
    return database;
  }

  url(proxyPort: number): string {
    return `mysql://root@127.0.0.1:${proxyPort}/${this.name}`;
  }

  /** Lends a connection to the server. */
  async use<T>(run: (client: Connection) => Promise<T>): Promise<T> {
    const client = await createConnection({ socketPath: this.socket, user: 'root', database: this.name });
    client.on('error', () => {});
    try {
      return await run(client);
    } finally {
      client.destroy();
    }
  }

  rows(): Promise<CounterRow[]> {
    return this.use(async (client) => {
      const [rows] = await client.query<(CounterRow & RowDataPacket)[]>(
        'select name, owner, views, balance, seen from counter',
      );
      return rows;
    });
  }

  batches(): Promise<Batches> {
    return this.use(async (client) => {
      const [rows] = await client.query<({ batch: string; times: number } & RowDataPacket)[]>(
        'select batch, count(*) as times from applied group by batch',
      );
      const twice = rows.filter(({ batch, times }) => batch === '' || times > 1);
      return { applied: rows.length, twice: twice.map(({ batch }) => batch || '(unknown)') };
    });
  }
}
