import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromDriver, FromHouse, Request } from './house.js';

/** The servers' process, seen from the driver. */
export class Servers implements AsyncDisposable {
  readonly #house: ChildProcess;
  readonly #waiting = new Map<number, (error: string | undefined) => void>();
  #asked = 0;

  private constructor(
    house: ChildProcess,
    readonly redisPort: number,
    readonly postgresPort: number,
  ) {
    this.#house = house;
    house.on('message', (message: FromHouse) => {
      if ('id' in message) this.#waiting.get(message.id)?.(message.error);
    });
  }

  /** Starts an empty Redis that forgets nothing, and an empty PostgreSQL. `folder` goes when they go. */
  static async start(folder: string): Promise<Servers> {
    const house = fork(fileURLToPath(new URL('house.ts', import.meta.url)), [folder], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const gone = once(house, 'exit').then((): FromHouse => ({ failed: 'its process ended' }));
    const [first] = await Promise.race([
      once(house, 'message') as Promise<[FromHouse]>,
      gone.then((end) => [end] as const),
    ]);
    if (!('redisPort' in first)) throw new Error(`The servers did not start: ${JSON.stringify(first)}`);
    return new Servers(house, first.redisPort, first.postgresPort);
  }

  /** Asks for something to be done to a server. */
  async request(request: Request): Promise<void> {
    this.#asked += 1;
    const id = this.#asked;
    const answered = new Promise<string | undefined>((resolve) => this.#waiting.set(id, resolve));
    this.#tell({ id, request });
    const error = await answered;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`${request}: ${error}`);
  }

  /** Tells of a child that must not outlive the driver. */
  watch(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    this.#tell({ started: pid });
    child.once('exit', () => this.#tell({ ended: pid }));
  }

  /** Ends the servers and removes their data. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#house.connected) return;
    this.#house.disconnect();
    await once(this.#house, 'exit');
  }

  #tell(message: FromDriver): void {
    if (this.#house.connected) this.#house.send(message);
  }
}
