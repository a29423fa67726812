import type { Socket } from 'node:net';

/** The socket of a client, of which is known what leaves together and whether something arrives. */
export type ClientStream = Pick<Socket, 'bytesRead' | 'writableCorked' | 'cork' | 'uncork'>;

/** What the backend needs of a client: an ioredis `Redis` or `Cluster` has it, and so has the mock of `@sluice/testing`. */
export interface RedisClient {
  evalsha(sha1: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(source: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  sadd(key: string, member: string): Promise<number>;
  smembers(key: string): Promise<string[]>;
  exists(...keys: string[]): Promise<number>;
  /** Sends commands at once, on one connection; needed for the option `durability`. */
  pipeline?(commands: unknown[][]): { exec(): Promise<unknown> };
  info(): Promise<string>;
  config(subcommand: 'GET', setting: string): Promise<unknown>;
  /** Asks one node of a Redis Cluster. */
  cluster?(subcommand: 'INFO'): Promise<unknown>;
  on?(event: string, listener: () => void): unknown;
  off?(event: string, listener: () => void): unknown;
  /** The socket of a client of one server, once there is one. */
  readonly stream?: ClientStream | undefined;
  /** The clients of the nodes, in a client of a Redis Cluster. */
  nodes?(role: 'master'): readonly NodeClient[];
  /** In a client of a Redis Cluster, for each slot the nodes that serve it, `host:port`, the master first. */
  readonly slots?: readonly (readonly string[])[];
}

/** The client of one node, in a client of a Redis Cluster. */
export interface NodeClient extends RedisClient {
  readonly options: { readonly host?: string | undefined; readonly port?: number | undefined };
}

/** One server. Calls settle in bounded time, and always fail with a `BackendError`. */
export interface Server<Client extends RedisClient = RedisClient> {
  /** How messages distinguish it from others, such as ` 10.0.0.1:6379`; empty if there is but one. */
  readonly name: string;
  run<T>(command: (client: Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Leads to the one server, or the many, that have the keys. Calls settle and fail as those of a {@link Server}. */
export interface Connection {
  /** Whether it leads to the nodes of a Redis Cluster. */
  readonly isCluster: boolean;
  /** Runs a command on the server that has a key. */
  run<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T>;
  /** The server that has a key, `host:port`, as far as it is known, if it may be another one tomorrow. */
  nodeOf(key: string): string | undefined;
  /** All servers that have keys. */
  masters(): Promise<readonly Server[]>;
  close(): Promise<void>;
}

/** A connection to a server that has all keys. */
export function singleConnection(server: Server): Connection {
  return {
    isCluster: false,
    run: (_, command) => server.run(command),
    nodeOf: () => undefined,
    masters: async () => [server],
    close: () => server.close(),
  };
}
