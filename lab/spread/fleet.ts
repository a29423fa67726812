import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { WorkerSettings } from './settings.js';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/** How long a batch may go on before its process is killed, in milliseconds: longer than most of them take. */
const MERCY_MS = 30;

/** Worker processes. The first one is killed while it applies a batch, and started again, for as long as kills are wanted. */
export class Fleet implements AsyncDisposable {
  readonly #settings: WorkerSettings;
  readonly #random: () => number;
  readonly #steady: readonly ChildProcess[];
  #victim: ChildProcess | undefined;
  #isStopping = false;
  readonly #ready = new WeakMap<ChildProcess, Promise<unknown>>();
  readonly #hunt: Promise<void>;
  kills = 0;

  constructor(size: number, settings: WorkerSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
    this.#steady = Array.from({ length: size - 1 }, () => this.#start());
    this.#hunt = this.#killAgainAndAgain();
  }

  /** Kills no more, and lets all processes end by themselves. Returns their exit codes. */
  async stop(): Promise<readonly (number | null)[]> {
    this.#isStopping = true;
    this.#victim?.emit('spared');
    await this.#hunt;
    const last = [...this.#steady, ...(this.#victim ? [this.#victim] : [])];
    return Promise.all(last.map((child) => this.#end(child)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    for (const child of [...this.#steady, this.#victim]) child?.kill('SIGKILL');
    this.#victim?.emit('spared');
    await this.#hunt;
  }

  #start(): ChildProcess {
    const child = fork(WORKER, [JSON.stringify(this.#settings)], { execArgv: ['--import', 'tsx'] });
    child.on('message', (word: string) => child.emit(word));
    this.#ready.set(child, Promise.race([once(child, 'ready'), once(child, 'exit')]));
    return child;
  }

  async #killAgainAndAgain(): Promise<void> {
    while (!this.#isStopping) {
      this.#victim = this.#start();
      await Promise.race([once(this.#victim, 'applying'), once(this.#victim, 'spared')]);
      if (this.#isStopping) return;
      await sleep(MERCY_MS * this.#random());
      this.#victim.kill('SIGKILL');
      await once(this.#victim, 'exit');
      this.kills += 1;
    }
  }

  async #end(child: ChildProcess): Promise<number | null> {
    await this.#ready.get(child);
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }
}
