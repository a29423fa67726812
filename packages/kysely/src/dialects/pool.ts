/** A pool of `pg`, or one like it: what the sink needs of it. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
}

/** A connection of such a pool. */
export interface PostgresClient {
  query(text: string, parameters: unknown[]): Promise<unknown>;
  /** With `true` the connection is destroyed. */
  release(destroy?: boolean): void;
  on?(event: 'error', listener: () => void): unknown;
  off?(event: 'error', listener: () => void): unknown;
}

/** A pool of `mysql2`, the one with callbacks: what the sink needs of it. */
export interface MysqlPool {
  getConnection(callback: (error: unknown, connection: MysqlConnection) => void): void;
}

export interface MysqlConnection {
  query(text: string, parameters: unknown[], callback: (error: unknown, result: unknown) => void): unknown;
  release(): void;
  destroy(): void;
  /** The socket: `destroy` alone waits for the server to close it, too. */
  readonly stream?: { destroy(): void };
}

/** The pools whose connections the sink can destroy. */
export type Pool = PostgresPool | MysqlPool;

/** A connection that was taken out of a pool. */
export interface PooledConnection {
  release(): void;
  /** Ends it, whatever it waits for; the pool makes room for another. */
  destroy(): void;
}

/**
 * Takes note of a connection; returns what releases it.
 * @throws when it is no longer needed; it is released then
 */
export type Hold = (connection: PooledConnection) => () => void;
