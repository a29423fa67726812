import { createHash } from 'node:crypto';
import { toBinary, toText } from './bytes.js';
import { runCommand } from './commands.js';
import { type Compiled, Lua } from './lua.js';
import { isStatus, type Reply, ReplyError } from './replies.js';
import { Store } from './store.js';

/** What {@link mockRedis} takes. */
export interface MockRedisOptions {
  /** What `TIME` in scripts and the expiry of keys go by. By default the system's time. */
  readonly clock?: { now(): number };
}

/**
 * A client of a Redis server that is not there: what `redis({ client })` of @sluice/redis needs, and ways to look.
 * {@link mockRedis} makes it.
 */
export interface MockRedis {
  evalsha(sha1: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(source: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  exists(...keys: string[]): Promise<number>;
  sadd(key: string, ...members: string[]): Promise<number>;
  smembers(key: string): Promise<string[]>;
  hget(key: string, field: string): Promise<string | null>;
  hset(key: string, ...fieldsAndValues: string[]): Promise<number>;
  hgetall(key: string): Promise<Record<string, string>>;
  lrange(key: string, start: number, stop: number): Promise<string[]>;
  zrange(key: string, start: number, stop: number): Promise<string[]>;
  get(key: string): Promise<string | null>;
  del(...keys: string[]): Promise<number>;
  type(key: string): Promise<string>;
  /** Milliseconds until the key expires; -1: it does not; -2: there is no such key. */
  pttl(key: string): Promise<number>;
  /** Any command that the mock has, by name. */
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  /** All keys, sorted. */
  keys(): Promise<string[]>;
  info(): Promise<string>;
  config(subcommand: 'GET', setting: string): Promise<string[]>;
  /** Deletes all keys, as when the server lost its data. */
  flushall(): Promise<'OK'>;
  /** Forgets all scripts, as a server that was restarted. */
  flushScripts(): Promise<'OK'>;
}

/**
 * Makes a Redis in this process, with data of its own, for unit tests without a server: redis-mock keeps the data,
 * and the scripts run over it, the very ones that a server would run. docs/mock-redis.md says what it cannot do.
 *
 * @example
 * ```ts
 * import { redis } from '@sluice/redis';
 * import { manualClock } from '@sluice/testing';
 * import { mockRedis } from '@sluice/testing/mock-redis';
 *
 * const clock = manualClock();
 * const backend = redis({ client: mockRedis({ clock }), clock });
 * ```
 */
export function mockRedis({ clock = { now: Date.now } }: MockRedisOptions = {}): MockRedis {
  return new Client(() => clock.now());
}

class Client implements MockRedis {
  readonly #store: Store;
  readonly #lua = new Lua();
  readonly #scripts = new Map<string, Compiled>();
  // Scripts and commands wait for each other: nothing runs in the middle of a script.
  #last: Promise<unknown> = Promise.resolve();

  constructor(now: () => number) {
    this.#store = new Store(now);
  }

  evalsha(sha1: string, keys: number, ...keysAndArguments: string[]): Promise<unknown> {
    return this.#inTurn(async () => {
      const script = this.#scripts.get(sha1.toLowerCase());
      if (script === undefined) throw new ReplyError('NOSCRIPT No matching script. Please use EVAL.');
      return this.#runScript(script, keys, keysAndArguments);
    });
  }

  eval(source: string, keys: number, ...keysAndArguments: string[]): Promise<unknown> {
    return this.#inTurn(async () => {
      const sha1 = createHash('sha1').update(source).digest('hex');
      const script = this.#scripts.get(sha1) ?? this.#lua.compile(toBinary(source));
      this.#scripts.set(sha1, script);
      return this.#runScript(script, keys, keysAndArguments);
    });
  }

  exists(...keys: string[]): Promise<number> {
    return this.#command('exists', ...keys);
  }

  sadd(key: string, ...members: string[]): Promise<number> {
    return this.#command('sadd', key, ...members);
  }

  smembers(key: string): Promise<string[]> {
    return this.#command('smembers', key);
  }

  hget(key: string, field: string): Promise<string | null> {
    return this.#command('hget', key, field);
  }

  hset(key: string, ...fieldsAndValues: string[]): Promise<number> {
    return this.#command('hset', key, ...fieldsAndValues);
  }

  async hgetall(key: string): Promise<Record<string, string>> {
    const flat = await this.#command<string[]>('hgetall', key);
    return Object.fromEntries(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1] ?? '']] : [])));
  }

  lrange(key: string, start: number, stop: number): Promise<string[]> {
    return this.#command('lrange', key, start, stop);
  }

  zrange(key: string, start: number, stop: number): Promise<string[]> {
    return this.#command('zrange', key, start, stop);
  }

  get(key: string): Promise<string | null> {
    return this.#command('get', key);
  }

  del(...keys: string[]): Promise<number> {
    return this.#command('del', ...keys);
  }

  type(key: string): Promise<string> {
    return this.#command('type', key);
  }

  pttl(key: string): Promise<number> {
    return this.#command('pttl', key);
  }

  call(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#command(command, ...args);
  }

  keys(): Promise<string[]> {
    return this.#inTurn(async () => (await this.#store.keys()).map(toText).sort());
  }

  async info(): Promise<string> {
    return INFO;
  }

  async config(_subcommand: 'GET', setting: string): Promise<string[]> {
    const value = SETTINGS[setting.toLowerCase()];
    return value === undefined ? [] : [setting.toLowerCase(), value];
  }

  flushall(): Promise<'OK'> {
    return this.#inTurn(async () => {
      await this.#store.flush();
      return 'OK' as const;
    });
  }

  flushScripts(): Promise<'OK'> {
    return this.#inTurn(async () => {
      this.#scripts.clear();
      return 'OK' as const;
    });
  }

  #command<T>(...words: readonly (string | number)[]): Promise<T> {
    return this.#inTurn(
      async () => decoded(await runCommand(this.#store, words.map(String).map(toBinary))) as T,
    );
  }

  async #runScript(script: Compiled, count: number, keysAndArguments: readonly string[]): Promise<unknown> {
    const words = keysAndArguments.map((word) => toBinary(String(word)));
    const keys = words.slice(0, count);
    const declared = new Set(keys);
    const reply = await this.#lua.run(script, {
      keys,
      args: words.slice(count),
      command: (command) => runCommand(this.#store, command, declared),
    });
    return decoded(reply);
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      try {
        await this.#store.expire();
        return await job();
      } catch (error) {
        throw error instanceof ReplyError ? new ReplyError(toText(error.message)) : error;
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function decoded(reply: Reply): unknown {
  if (typeof reply === 'string') return toText(reply);
  if (typeof reply !== 'object' || reply === null) return reply;
  return isStatus(reply) ? reply.ok : reply.map(decoded);
}

// A server that persists nothing, which is the truth.
const SETTINGS: Readonly<Record<string, string>> = {
  appendonly: 'no',
  appendfsync: 'everysec',
  save: '',
  maxmemory: '0',
  'maxmemory-policy': 'noeviction',
};

const INFO = [
  '# Server',
  'redis_version:7.0.0',
  'redis_mode:standalone',
  '# Memory',
  'maxmemory:0',
  'maxmemory_policy:noeviction',
  '# Persistence',
  'aof_enabled:0',
  '# Replication',
  'role:master',
  '# Cluster',
  'cluster_enabled:0',
  '',
].join('\r\n');
