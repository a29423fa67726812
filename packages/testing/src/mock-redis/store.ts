import { type Argument, type Primitive, redisMockClient } from './redis-mock.js';

export type Type = 'string' | 'hash' | 'list' | 'set' | 'zset';

/** A primitive that counts what a key of the type holds. */
const COUNT = { hash: 'hlen', list: 'llen', set: 'scard', zset: 'zcard' } as const satisfies Partial<
  Record<Type, Primitive>
>;

/**
 * The data, which redis-mock holds. All strings, names and values alike, carry a mark in there: redis-mock takes an
 * empty value for a missing one, and a name such as `constructor` for one that exists.
 */
export class Store {
  readonly #client = redisMockClient();
  readonly #now: () => number;
  // By the mock's clock. redis-mock would set timers, and keeps those of a value that was replaced.
  readonly #deadlines = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Runs a command of redis-mock. Numbers are passed as they are; strings are marked. */
  async run(name: Primitive, ...args: readonly Argument[]): Promise<unknown> {
    return unmarked(await this.#client(name, args.map(marked)));
  }

  async type(key: string): Promise<Type | 'none'> {
    // redis-mock returns a word without a mark.
    return (await this.#client('type', [marked(key)])) as Type | 'none';
  }

  async keys(): Promise<string[]> {
    return ((await this.#client('keys', ['*'])) as string[]).map((key) => key.slice(1));
  }

  async count(key: string, type: Exclude<Type, 'string'>): Promise<number> {
    return (await this.#client(COUNT[type], [marked(key)])) as number;
  }

  /** Members and scores of a sorted set, in Redis' order: redis-mock sorts equal scores by the rules of a language. */
  async ranked(key: string): Promise<{ member: string; score: number }[]> {
    const reply = (await this.#client('zrange', [marked(key), 0, -1, 'withscores'])) as string[];
    const items = reply.flatMap((text, i) =>
      i % 2 === 0 ? { member: text.slice(1), score: Number(reply[i + 1]) } : [],
    );
    return items.sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1));
  }

  async delete(keys: readonly string[]): Promise<number> {
    for (const key of keys) this.#deadlines.delete(key);
    // redis-mock counts a key that is named twice once, as Redis does.
    return (await this.run('del', keys)) as number;
  }

  /** Redis has no empty hashes, lists and sets; redis-mock keeps them, and makes some when it looks. */
  async dropIfEmpty(key: string, type: Exclude<Type, 'string'>): Promise<void> {
    if ((await this.type(key)) === type && (await this.count(key, type)) === 0) await this.delete([key]);
  }

  async flush(): Promise<void> {
    this.#deadlines.clear();
    await this.#client('flushall', []);
  }

  get now(): number {
    return this.#now();
  }

  expireAt(key: string, deadline: number | undefined): void {
    if (deadline === undefined) this.#deadlines.delete(key);
    else this.#deadlines.set(key, deadline);
  }

  deadline(key: string): number | undefined {
    return this.#deadlines.get(key);
  }

  /** Deletes what has expired. Time stands still in a script, so once before each is enough. */
  async expire(): Promise<void> {
    const now = this.now;
    const due = [...this.#deadlines].filter(([, deadline]) => deadline <= now).map(([key]) => key);
    if (due.length > 0) await this.delete(due);
  }
}

const MARK = '.';

function marked(argument: Argument): Argument {
  if (typeof argument === 'number') return argument;
  return typeof argument === 'string' ? MARK + argument : argument.map((text) => MARK + text);
}

function unmarked(reply: unknown): unknown {
  if (typeof reply === 'string') return reply.slice(1);
  if (Array.isArray(reply)) return reply.map(unmarked);
  if (typeof reply !== 'object' || reply === null) return reply;
  return Object.entries(reply).flatMap(([field, value]) => [field.slice(1), unmarked(value)]);
}
