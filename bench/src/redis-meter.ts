import { Redis } from 'ioredis';
import { median } from 'simple-statistics';

// Microseconds. Redis records commands that take longer.
const SLOW = 500;

/** What the Redis server says of itself, over a connection that the contestant does not use. */
export class RedisMeter implements AsyncDisposable {
  readonly #client: Redis;

  private constructor(client: Redis) {
    this.#client = client;
  }

  static async connect(port: number): Promise<RedisMeter> {
    const client = new Redis(port, '127.0.0.1', { lazyConnect: true, maxRetriesPerRequest: 0 });
    await client.connect();
    await client.config('SET', 'slowlog-log-slower-than', SLOW);
    // The default would forget the longest one.
    await client.config('SET', 'slowlog-max-len', 100_000);
    return new RedisMeter(client);
  }

  /** Empties the server; its memory is free when this resolves. */
  async empty(): Promise<void> {
    await this.#client.flushall('SYNC');
    await this.#client.slowlog('RESET');
    await this.#client.config('RESETSTAT');
  }

  /** The CPU time of the server's process. */
  async cpuSeconds(): Promise<number> {
    const info = await this.#client.info('cpu');
    return number(info, 'used_cpu_user') + number(info, 'used_cpu_sys');
  }

  /** The CPU time of the server's main thread, which runs all commands. */
  async mainThreadMs(): Promise<number> {
    const info = await this.#client.info('cpu');
    return 1000 * (number(info, 'used_cpu_user_main_thread') + number(info, 'used_cpu_sys_main_thread'));
  }

  /** What asking for {@link mainThreadMs} takes of it. */
  async questionMs(): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < 500; i += 1) times.push(await this.mainThreadMs());
    return median(times.slice(1).map((time, i) => time - (times[i] as number)));
  }

  /** How long the server worked on each call of a command since `empty()`, on average, in microseconds. */
  async microsPerCall(command: string): Promise<number> {
    const line = value(await this.#client.info('commandstats'), `cmdstat_${command}`);
    return Number(/usec_per_call=([\d.]+)/.exec(line)?.[1]);
  }

  /** How often a command was called since `empty()`. */
  async calls(command: string): Promise<number> {
    const line = new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(
      await this.#client.info('commandstats'),
    );
    return Number(line?.[1] ?? 0);
  }

  async memoryBytes(): Promise<number> {
    return number(await this.#client.info('memory'), 'used_memory');
  }

  /** Commands since the server started, without this question. */
  async commands(): Promise<number> {
    return number(await this.#client.info('stats'), 'total_commands_processed');
  }

  async version(): Promise<string> {
    return value(await this.#client.info('server'), 'redis_version');
  }

  /**
   * The longest command since the last question, in milliseconds; half of one if none took longer. The record of
   * slow commands takes memory: ask this before `memoryBytes`.
   */
  async longestMs(): Promise<number> {
    return Math.max(SLOW / 1000, ...(await this.slowMs()));
  }

  /** The milliseconds of each command since the last question that took half a millisecond or more. */
  async slowMs(): Promise<number[]> {
    const slow = (await this.#client.slowlog('GET', -1)) as [id: number, at: number, micros: number][];
    await this.#client.slowlog('RESET');
    return slow.map(([, , micros]) => micros / 1000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.quit();
  }
}

function number(info: string, name: string): number {
  return Number(value(info, name));
}

function value(info: string, name: string): string {
  const found = new RegExp(`^${name}:(.*)\\r$`, 'm').exec(info)?.[1];
  if (found === undefined) throw new Error(`INFO does not have ${name}.`);
  return found;
}
