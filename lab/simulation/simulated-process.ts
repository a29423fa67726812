import {
  type Buffer,
  type BufferEvents,
  type BufferOptions,
  type Clock,
  createBuffer,
  max,
  SluiceError,
} from '@sluice/core';
import type { BackendMethod, Write } from '@sluice/core/backend';
import { type History, type Increment, marksOf } from './history.js';
import type { Time } from './time.js';
import type { Trace } from './trace.js';

interface Surroundings {
  readonly time: Time;
  readonly history: History;
  readonly trace: Trace;
}

/** A process with a buffer: it counts, and works. */
export class SimulatedProcess {
  readonly name: string;
  /** Of its random numbers. */
  readonly seed: number;
  readonly partitions: number;
  readonly buffer: Buffer;
  isAlive = true;
  isClosing = false;
  /** How far its clock is off, in milliseconds. */
  skewMs = 0;
  /** The paths that it counted in. */
  readonly paths = new Set<string>();
  /** What no buffer may do. */
  readonly problems: string[] = [];
  readonly #time: Time;
  readonly #history: History;
  readonly #trace: Trace;
  /** What it has missed while it is suspended. */
  #missed: (() => void)[] | undefined;
  /** The writes that it sent, repeats included. */
  readonly #writes: Write[] = [];
  /** What it does that has not ended. */
  readonly #doing = new Map<Promise<void>, string>();

  constructor(
    name: string,
    seed: number,
    partitions: number,
    { time, history, trace }: Surroundings,
    options: (process: SimulatedProcess) => Omit<BufferOptions, 'clock' | 'partitions'>,
  ) {
    this.name = name;
    this.seed = seed;
    this.partitions = partitions;
    this.#time = time;
    this.#history = history;
    this.#trace = trace;
    const clock: Clock = {
      now: () => time.now + this.skewMs,
      after: (delayMs, task) => this.later(delayMs, task),
    };
    this.buffer = createBuffer({ ...options(this), partitions, clock });
    this.buffer.on('lost', (lost) => this.#lost(lost));
    this.buffer.on('error', (error) => this.#failed(error));
    this.buffer.on('retry', () => {});
    this.buffer.on('buried', () => {});
  }

  get isSuspended(): boolean {
    return this.#missed !== undefined;
  }

  /** What it does that has not ended, for messages. */
  get doing(): string {
    return [...this.#doing.values()].join(', ');
  }

  /** Resolves when all that it does has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#doing.keys());
  }

  /** Runs something that came from outside: at once, when the process goes on, or never. */
  deliver(task: () => void): void {
    if (!this.isAlive) return;
    if (this.#missed === undefined) task();
    else this.#missed.push(task);
  }

  /** Runs something after a while. */
  later(delayMs: number, task: () => void): () => void {
    let isCancelled = false;
    const cancel = this.#time.after(delayMs, () =>
      this.deliver(() => {
        if (!isCancelled) task();
      }),
    );
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.later(ms, resolve));
  }

  suspend(): void {
    this.#trace.add(this.name, 'is suspended');
    this.#missed ??= [];
  }

  resume(): void {
    const missed = this.#missed ?? [];
    this.#missed = undefined;
    if (this.isAlive) this.#trace.add(this.name, 'goes on');
    for (const task of missed) this.deliver(task);
  }

  /** It ends at once. Calls that it sent are on their way. */
  kill(): void {
    this.#trace.add(this.name, 'is killed');
    this.isAlive = false;
  }

  close(): void {
    this.#trace.add(this.name, 'closes');
    this.isClosing = true;
    this.do('close', async () => {
      await this.buffer.close();
      this.isAlive = false;
    });
  }

  count(path: string, amount: number, filling: string): void {
    this.paths.add(path);
    const increment = this.#history.begin(this.name, path, amount);
    const { mark, value } = increment;
    this.#trace.add(this.name, `counts ${mark} in ${path}`);
    this.do(mark, async () => {
      try {
        await this.buffer.incr(
          'Page',
          { amount, [mark]: 1 },
          { path },
          { newest: value, greatest: max(value), ...(filling !== '' && { filling }) },
        );
        this.#end(increment);
      } catch (error) {
        this.#end(increment, error);
        throw error;
      }
    });
  }

  /** Begins something. What it rejects with is checked, and forgotten. */
  do(what: string, work: () => Promise<unknown>): void {
    const doing = work().then(
      () => {},
      (error: unknown) => this.#failed(error, what),
    );
    this.#doing.set(doing, what);
    void doing.then(() => this.#doing.delete(doing));
  }

  /** Notes what a call sends. */
  sends(method: BackendMethod, [write]: readonly unknown[]): void {
    if (method === 'add') this.#writes.push(write as Write);
  }

  #end(increment: Increment, error?: unknown): void {
    this.#history.end(increment, error);
    if (error !== undefined)
      this.#trace.add(this.name, `${increment.mark} is ${increment.outcome}: ${error}`);
  }

  /** After a wipe, nothing is left of what it wrote; otherwise, some writes are gone. */
  #lost({ partition, producer, from, to, reason, targets }: BufferEvents['lost']): void {
    const isConcerned = (write: Write): boolean =>
      write.partition === partition &&
      (reason === 'wiped' || (write.producer === producer && from <= write.number && write.number <= to));
    const entries = this.#writes
      .filter(isConcerned)
      .flatMap((write) => write.entries)
      .filter(({ key }) => targets?.includes(key) !== false);
    const told = new Set(entries.flatMap(({ fields }) => marksOf(fields)).map(([mark]) => mark));
    for (const mark of told) this.#history.tellLost(mark);
    const writes = `${producer.slice(0, 6)} ${from} to ${to}`;
    this.#trace.add(
      this.name,
      `hears of lost writes ${writes} (${reason}): ${[...told].join(' ')}`,
      partition,
    );
  }

  #failed(error: unknown, what = 'an error event'): void {
    if (error instanceof SluiceError && error.code !== 'ERR_SLUICE_INTERNAL') return;
    const shown = error instanceof Error ? error.stack : String(error);
    this.problems.push(`${this.name}: ${what} failed with ${shown}`);
  }
}
