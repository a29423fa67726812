import { type PostgresServer, startPostgres } from '@sluice/test-servers';
import { type RedisServer, startRedisServer } from '@sluice/testing';

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
