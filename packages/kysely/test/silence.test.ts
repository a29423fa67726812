import type { Socket } from 'node:net';
import { SinkUnavailableError } from '@sluice/core';
import {
  hasMariadb,
  type MariadbServer,
  type PostgresServer,
  type Rules,
  startMariadb,
  startPostgres,
  startTcpProxy,
  type TcpProxy,
} from '@sluice/test-servers';
import { Kysely, MysqlDialect, PostgresDialect, sql } from 'kysely';
import { PostgresJSDialect } from 'kysely-postgres-js';
import { createPool } from 'mysql2';
import { Pool } from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KyselySink, type KyselySinkOptions, kyselySink } from '../src/index.js';
import { batchOf, context } from './support/batches.js';

/** Where a connection goes silent: the requests of this kind, or the reply to one that took effect. */
const WHERE = {
  'before the transaction': /begin|start transaction/i,
  'in the middle': /insert into ["`]t["`]/,
  'at the commit': /commit/i,
  'after the commit': /commit/i,
} as const;
type Where = keyof typeof WHERE;

/** One connection goes silent, or is lost, once. */
class Silence {
  /** The connections that went silent and were closed by the client. */
  closed = 0;
  /** What was asked last. */
  request = '';
  #where: RegExp | undefined;
  #how: 'silent' | 'mute' | 'lost' = 'silent';

  goSilent(where: Where | RegExp): void {
    this.#where = where instanceof RegExp ? where : WHERE[where];
    this.#how = where === 'after the commit' ? 'mute' : 'silent';
  }

  /** The server takes the request, and the connection is lost before its reply. */
  loseReply(where: Where): void {
    this.#where = WHERE[where];
    this.#how = 'lost';
  }

  closes(): void {
    this.closed += 1;
  }

  readonly rules = (): Rules => {
    let isMute = false;
    let isLost = false;
    return {
      onRequest: (bytes) => {
        this.request = bytes.toString('latin1');
        if (!this.#where?.test(this.request)) return 'pass';
        isLost = this.#how === 'lost';
        isMute = this.#how === 'mute';
        this.#where = undefined;
        return isLost || isMute ? 'pass' : { onClosed: () => this.closes() };
      },
      onReply() {
        if (isLost) return 'lose';
        return isMute ? { instead: '' } : 'pass';
      },
    };
  };
}

/** A client whose connections go through the proxy. */
interface Client extends AsyncDisposable {
  readonly options: Pick<KyselySinkOptions, 'db' | 'pool'>;
  /** Connections that its pool counts as its own. */
  connections(): number | undefined;
  /** Listens to what becomes of connections in use, as a service does that uses the pool itself. */
  hear(): void;
}

type Connect = (port: number, connections: number) => Client;

const overPg: Connect = (port, max) => {
  const pool = new Pool({ connectionString: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`, max });
  pool.on('error', () => {});
  return {
    options: { db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }), pool },
    connections: () => pool.totalCount,
    hear: () => void pool.on('connect', (client) => void client.on('error', () => {})),
    [Symbol.asyncDispose]: () => pool.end(),
  };
};

const overPostgresJs: Connect = (port, max) => {
  const client = postgres({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: 'postgres',
    max,
    onnotice() {},
  });
  return {
    options: { db: new Kysely<unknown>({ dialect: new PostgresJSDialect({ postgres: client }) }) },
    connections: () => undefined,
    hear() {},
    [Symbol.asyncDispose]: () => client.end({ timeout: 0 }),
  };
};

const overMysql2: Connect = (port, connectionLimit) => {
  const pool = createPool({ host: '127.0.0.1', port, user: 'root', database: 'test', connectionLimit });
  let count = 0;
  pool.on('connection', (connection) => {
    count += 1;
    const { stream } = connection as typeof connection & { readonly stream: Socket };
    stream.once('close', () => {
      count -= 1;
    });
  });
  return {
    options: { db: new Kysely<unknown>({ dialect: new MysqlDialect({ pool }) }), pool },
    connections: () => count,
    hear: () => void pool.on('connection', (connection) => void connection.on('error', () => {})),
    [Symbol.asyncDispose]: () => new Promise((resolve) => pool.end(() => resolve())),
  };
};

/** Delivers a batch as a worker does: again and again while the database is silent, or keeps the locks of who vanished. */
async function deliverAgain(sink: KyselySink, batch: Awaited<ReturnType<typeof batchOf>>): Promise<void> {
  for (let attempt = 2; ; attempt += 1) {
    try {
      await sink({ ...batch, attempt }, context);
      return;
    } catch (error) {
      if (!(error instanceof SinkUnavailableError) || attempt === 20) throw error;
    }
  }
}

interface Server {
  readonly target: number | string;
  readonly db: Kysely<unknown>;
}

function suite(serverOf: () => Server, connect: Connect, canDestroy: boolean): void {
  let proxy: TcpProxy;
  let silence: Silence;
  beforeEach(async () => {
    const { db } = serverOf();
    await sql`drop table if exists t`.execute(db);
    await sql`drop table if exists sluice_ledger`.execute(db);
    await sql`create table t (id integer primary key, n integer)`.execute(db);
    await kyselySink({ db, models: {} }).migrate();
    silence = new Silence();
    proxy = await startTcpProxy(serverOf().target, silence.rules);
    return () => proxy[Symbol.asyncDispose]();
  });
  const rows = async () => (await sql`select n from t`.execute(serverOf().db)).rows;
  const ledger = async () => (await sql`select id from sluice_ledger`.execute(serverOf().db)).rows;
  const models = { T: { table: 't' } };

  const destroyed = (): void => {
    test.each(Object.keys(WHERE) as Where[])(
      'silence %s: the connection is destroyed, and the batch applied once',
      async (where) => {
        await using client = connect(proxy.port, 1);
        const sink = kyselySink({ ...client.options, models, timeoutMs: 500 });
        const batch = await batchOf([['T', { n: 1 }, { id: 1 }]]);
        silence.goSilent(where);
        const failed = sink(batch, context);
        await expect(failed).rejects.toBeInstanceOf(SinkUnavailableError);
        await expect(failed).rejects.toThrow(/was silent: .* 1000 ms/);
        await expect.poll(() => client.connections()).toBe(0);
        if (where !== 'after the commit') await expect.poll(() => silence.closed).toBe(1);
        await deliverAgain(sink, batch);
        expect([await rows(), await ledger()]).toEqual([[{ n: 1 }], [{ id: batch.id }]]);
      },
    );

    test.each(Object.keys(WHERE) as Where[])(
      'a connection lost %s fails the batch, and not the process, though nobody listens to it',
      async (where) => {
        await using client = connect(proxy.port, 1);
        const sink = kyselySink({ ...client.options, models });
        const batch = await batchOf([['T', { n: 1 }, { id: 1 }]]);
        silence.loseReply(where);
        await expect(sink(batch, context)).rejects.toBeInstanceOf(SinkUnavailableError);
        await expect.poll(() => client.connections()).toBe(0);
        await deliverAgain(sink, batch);
        expect([await rows(), await ledger()]).toEqual([[{ n: 1 }], [{ id: batch.id }]]);
      },
    );

    test('an aborted signal ends the wait for a lock, and the connection', async () => {
      await using client = connect(proxy.port, 1);
      const sink = kyselySink({ ...client.options, models });
      await sql`insert into t (id, n) values (1, 0)`.execute(serverOf().db);
      await sink(await batchOf([['T', { n: 1 }, { id: 1 }]]), context);
      const controller = new AbortController();
      await serverOf()
        .db.transaction()
        .execute(async (other) => {
          await sql`update t set n = n + 10`.execute(other);
          const batch = await batchOf([['T', { n: 1 }, { id: 1 }]]);
          const failed = sink(batch, { ...context, signal: controller.signal });
          failed.catch(() => {});
          await expect.poll(() => silence.request).toMatch(/["`]t["`]/);
          controller.abort(new Error('lease lost'));
          await expect(failed).rejects.toThrow('lease lost');
          await expect.poll(() => client.connections()).toBe(0);
        });
      expect(await rows()).toEqual([{ n: 11 }]);
    });
  };
  if (canDestroy) describe('with its pool of one connection', destroyed);

  test.each(Object.keys(WHERE) as Where[])(
    'silence %s, without its pool: the batch is applied once, over another connection',
    async (where) => {
      await using client = connect(proxy.port, 2);
      client.hear();
      const sink = kyselySink({ db: client.options.db, models, timeoutMs: 500 });
      const batch = await batchOf([['T', { n: 1 }, { id: 1 }]]);
      silence.goSilent(where);
      await expect(sink(batch, context)).rejects.toThrow(/was silent: .* 1000 ms/);
      await deliverAgain(sink, batch);
      expect([await rows(), await ledger()]).toEqual([[{ n: 1 }], [{ id: batch.id }]]);
      // What comes of the silent connection in the end is no unhandled rejection. postgres.js itself ends the process.
      if (canDestroy) proxy.cut();
    },
  );

  test('a database that falls silent at the start: validate() says so', async () => {
    await using client = connect(proxy.port, 2);
    client.hear();
    const sink = kyselySink({ ...client.options, models, timeoutMs: 500 });
    await sink.validate();
    silence.goSilent(/select/i);
    await expect(sink.validate()).rejects.toThrow(/was silent: .* 1000 ms/);
    await expect(sink.validate()).resolves.toBeUndefined();
    if (canDestroy) proxy.cut();
  });

  test('a pool that hands out no connection is given up, and gets back what comes too late', async () => {
    await using client = connect(proxy.port, 1);
    const { db } = client.options;
    const sink = kyselySink({ ...client.options, models, timeoutMs: 200 });
    const batch = await batchOf([['T', { n: 1 }, { id: 1 }]]);
    await db.connection().execute(async (only) => {
      await sql`select 1`.execute(only);
      await expect(sink(batch, context)).rejects.toThrow('waited for a connection');
    });
    await kyselySink({ ...client.options, models })({ ...batch, attempt: 2 }, context);
    expect(await rows()).toEqual([{ n: 1 }]);
  });
}

describe('PostgreSQL', () => {
  let server: PostgresServer;
  let pool: Pool;
  let db: Kysely<unknown>;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
    pool = new Pool({ connectionString: server.url });
    db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  });
  afterAll(async () => {
    await pool?.end();
    await server?.[Symbol.asyncDispose]();
  });
  const serverOf = (): Server => ({ target: server.port, db });

  describe('over pg', () => suite(serverOf, overPg, true));
  describe('over postgres.js', () => suite(serverOf, overPostgresJs, false));
});

// On Debian: apt-get install mariadb-server
describe.skipIf(!hasMariadb)('MariaDB over mysql2 (skipped where there is no mariadbd)', () => {
  let server: MariadbServer;
  let db: Kysely<unknown>;
  beforeAll(async () => {
    server = await startMariadb();
    const pool = createPool({ socketPath: server.socket, user: 'root', database: 'test' });
    db = new Kysely<unknown>({ dialect: new MysqlDialect({ pool }) });
  });
  afterAll(async () => {
    await db?.destroy();
    await server?.[Symbol.asyncDispose]();
  });

  suite(() => ({ target: server.socket, db }), overMysql2, true);
});
