import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

/** A real Redis server for one test: {@link startRedisServer} starts it. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  /** Ends the server at once, as a crash does: what its settings did not persist is gone. */
  kill(): Promise<void>;
  /** Starts it again, on the same port, data folder and settings. */
  start(): Promise<void>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts `redis-server` on a free port of the loopback interface, in a temporary folder. Nothing is persisted unless
 * `settings` say so, such as `{ appendonly: 'yes', appendfsync: 'always' }`.
 * Rejects with an Error when there is no `redis-server` on the PATH, or it does not start; its log is in the message.
 *
 * @example
 * ```ts
 * import { redis } from '@sluice/redis';
 * import { startRedisServer } from '@sluice/testing';
 *
 * await using server = await startRedisServer();
 * const buffer = createBuffer({ backend: redis({ url: server.url }), sink });
 * ```
 */
export async function startRedisServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-redis-'));
  const port = await freePort();
  const all = { port: String(port), bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  let server = await launch(args);

  const kill = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
  };
  const stop = async (): Promise<void> => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
    stop,
    async start() {
      server = await launch(args);
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function launch(args: readonly string[]): Promise<ChildProcess> {
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  // A test process that dies takes its server along.
  const reap = (): boolean => server.kill('SIGKILL');
  process.once('exit', reap);
  server.once('exit', () => process.off('exit', reap));
  let log = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      log += chunk;
      if (log.includes('Ready to accept connections')) resolve();
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', (cause) =>
      reject(new Error('redis-server cannot be started. Is it installed?', { cause })),
    );
    server.once('exit', () => reject(new Error(`redis-server ended: ${log.slice(-500)}`)));
  });
  server.stdout.removeAllListeners('data').resume();
  server.stderr.removeAllListeners('data').resume();
  return server;
}
