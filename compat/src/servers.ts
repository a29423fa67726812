import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import getPort from 'get-port';

/** How often the server that is late turns a client away. */
const TURNED_AWAY = 3;

/** The servers that the programs in work/ find by their environment. */
export class Servers {
  private constructor(readonly redis: RedisServer) {}

  static async start(): Promise<Servers> {
    return new Servers(await startRedisServer());
  }

  /** Calls back with the environment of one run. */
  async during<T>(run: (env: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
    let connections = 0;
    const late = createServer((client) => {
      connections += 1;
      if (connections <= TURNED_AWAY) {
        client.destroy();
        return;
      }
      const server = connect(this.redis.port, '127.0.0.1');
      client.pipe(server).pipe(client);
      client.on('error', () => server.destroy());
      server.on('error', () => client.destroy());
    }).listen(0, '127.0.0.1');
    await once(late, 'listening');
    const address = late.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      return await run({
        REDIS_URL: this.redis.url,
        LATE_URL: `redis://127.0.0.1:${port}`,
        AWAY_URL: `redis://127.0.0.1:${await getPort()}`,
      });
    } finally {
      late.close();
    }
  }

  stop(): Promise<void> {
    return this.redis.stop();
  }
}
