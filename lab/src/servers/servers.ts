import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Addresses, FromDriver, FromSupervisor, Request } from './messages.js';

/** Redis, PostgreSQL and, where it is installed, MariaDB, in the care of a supervisor. */
export class Servers implements AsyncDisposable {
  readonly #supervisor: ChildProcess;
  readonly #requests = new Map<number, (error: string | undefined) => void>();
  #requested = 0;

  private constructor(
    supervisor: ChildProcess,
    readonly addresses: Addresses,
  ) {
    this.#supervisor = supervisor;
    supervisor.on('message', (message: FromSupervisor) => {
      if ('id' in message) this.#requests.get(message.id)?.(message.error);
    });
  }

  /**
   * Starts an empty Redis that persists every command, and empty databases.
   * @param folder removed with them
   * @param withMariadb whether MariaDB is to be one of them, where it is installed
   */
  static async start(folder: string, withMariadb: boolean): Promise<Servers> {
    const supervisor = fork(
      fileURLToPath(new URL('supervisor.ts', import.meta.url)),
      [folder, String(withMariadb)],
      {
        execArgv: ['--import', 'tsx'],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    );
    const gone = once(supervisor, 'exit').then((): FromSupervisor => ({ failed: 'the supervisor ended' }));
    const [first] = await Promise.race([
      once(supervisor, 'message') as Promise<[FromSupervisor]>,
      gone.then((end) => [end] as const),
    ]);
    if (!('redisPort' in first)) throw new Error(`The servers did not start: ${JSON.stringify(first)}`);
    return new Servers(supervisor, first);
  }

  /** @throws Error when the supervisor could not do what it was asked for */
  async request(request: Request): Promise<void> {
    this.#requested += 1;
    const id = this.#requested;
    const done = new Promise<string | undefined>((resolve) => this.#requests.set(id, resolve));
    this.#send({ id, request });
    const error = await done;
    this.#requests.delete(id);
    if (error !== undefined) throw new Error(`${request}: ${error}`);
  }

  /** Registers a process that must not outlive the driver. */
  watch(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    this.#send({ started: pid });
    child.once('exit', () => this.#send({ ended: pid }));
  }

  /** Stops the servers and removes their data. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#supervisor.connected) return;
    this.#supervisor.disconnect();
    await once(this.#supervisor, 'exit');
  }

  #send(message: FromDriver): void {
    if (this.#supervisor.connected) this.#supervisor.send(message);
  }
}
