import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { commandPath, isCommand } from './command-path.js';
import { end, launch } from './launch.js';

/** A real Prometheus. */
export interface Prometheus extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
}

/** Whether there is a Prometheus on this machine. */
export const hasPrometheus = isCommand('prometheus');

/**
 * Starts Prometheus on a free port of the loopback interface; its data are in a temporary folder.
 * @param config the path of its configuration
 * @throws Error when it does not start; its log is in the message
 */
export async function startPrometheus(config: string): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-prometheus-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const address = `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
    const prometheus = await launch({
      program: commandPath('prometheus'),
      args: [`--config.file=${config}`, `--storage.tsdb.path=${folder}`, `--web.listen-address=${address}`],
      ready: 'Server is ready to receive web requests',
      deathSignal: 'SIGKILL',
      cwd: folder,
    });
    return {
      url: `http://${address}`,
      async [Symbol.asyncDispose]() {
        await end(prometheus, 'SIGKILL');
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
