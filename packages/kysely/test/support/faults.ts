import type { DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';

/** What a test does around the calls of a driver. */
export interface Faults {
  /** Runs before each statement, begin and commit not included, with its text on one line. Throwing makes the statement fail unsent. */
  before?(text: string): void | Promise<void>;
  /** Runs after a commit took effect. Throwing loses its reply. */
  committed?(): void;
}

/** The same dialect with faults. */
export function faulty(faults: Faults): (dialect: Dialect) => Dialect {
  return (dialect) => ({
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => faultyDriver(dialect.createDriver(), faults),
  });
}

/** The text of a statement, however it is laid out. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function faultyDriver(driver: Driver, faults: Faults): Driver {
  const originals = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const original = (connection: DatabaseConnection): DatabaseConnection =>
    originals.get(connection) ?? connection;
  return {
    init: () => driver.init(),
    destroy: () => driver.destroy(),
    async acquireConnection() {
      const connection = await driver.acquireConnection();
      const wrapped: DatabaseConnection = {
        async executeQuery<R>(
          query: Parameters<DatabaseConnection['executeQuery']>[0],
        ): Promise<QueryResult<R>> {
          await faults.before?.(oneLine(query.sql));
          return connection.executeQuery<R>(query);
        },
        streamQuery: (query, size) => connection.streamQuery(query, size),
      };
      originals.set(wrapped, connection);
      return wrapped;
    },
    beginTransaction: (connection, settings) => driver.beginTransaction(original(connection), settings),
    async commitTransaction(connection) {
      await driver.commitTransaction(original(connection));
      faults.committed?.();
    },
    rollbackTransaction: (connection) => driver.rollbackTransaction(original(connection)),
    releaseConnection: (connection) => driver.releaseConnection(original(connection)),
  };
}
