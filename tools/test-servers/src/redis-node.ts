import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { Redis } from 'ioredis';
import { commandPath } from './command-path.js';
import { end, launch } from './launch.js';

/** A process of a Redis Cluster, or of servers under sentinels. */
export interface RedisNode {
  readonly port: number;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on the same port, data and settings. */
  start(): Promise<void>;
  /** Stops it from running, so that its connections stay and are silent. */
  pause(): void;
  resume(): void;
  /** Runs a command on a connection of its own. */
  call(command: string, ...words: readonly (string | number)[]): Promise<unknown>;
}

/** A node that may be removed. */
export interface OwnedRedisNode extends RedisNode {
  stop(): Promise<void>;
}

/** How a process of Redis is started. */
export interface NodeStart {
  readonly port: number;
  readonly settings: readonly (readonly [name: string, ...words: readonly (string | number)[]])[];
  readonly password?: string | undefined;
  readonly isSentinel?: boolean;
}

/** A free port for each of a number of servers. */
export function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => getPort({ host: '127.0.0.1' })));
}

/**
 * Starts `redis-server` on a port of the loopback interface, in a temporary folder.
 * @throws Error when it does not start; its log is in the message
 */
export async function startRedisNode({
  port,
  settings,
  password,
  isSentinel = false,
}: NodeStart): Promise<OwnedRedisNode> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-redis-'));
  const file = join(folder, 'redis.conf');
  const lines = [['port', port], ['bind', '127.0.0.1'], ['dir', folder], ...settings];
  await writeFile(file, lines.map((words) => words.map(quoted).join(' ')).join('\n'));
  const run = (): Promise<ChildProcess> =>
    launch({
      program: commandPath('redis-server'),
      args: isSentinel ? [file, '--sentinel'] : [file],
      ready: isSentinel ? 'Sentinel ID is' : 'Ready to accept connections',
      deathSignal: 'SIGKILL',
      cwd: folder,
    });
  const remove = () => rm(folder, { recursive: true, force: true });
  let server = await run().catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return {
    port,
    kill: () => end(server, 'SIGKILL'),
    async start() {
      server = await run();
    },
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    async call(command, ...words) {
      const client = new Redis(port, {
        lazyConnect: true,
        retryStrategy: null,
        ...(password && { password }),
      });
      client.on('error', () => {});
      try {
        return await client.call(command, ...words);
      } finally {
        client.disconnect();
      }
    },
    async stop() {
      await end(server, 'SIGKILL');
      await remove();
    },
  };
}

/** As `redis.conf` has words: an empty one, and one with spaces, in quotes. */
function quoted(word: string | number): string {
  return /^[\w./:*+-]+$/.test(`${word}`) ? `${word}` : JSON.stringify(word);
}

/** One line of `INFO`. */
export async function infoOf(node: RedisNode, section: string, name: string): Promise<string | undefined> {
  const text = String(await node.call('INFO', section));
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1];
}
