import { formatNumber } from './format-number.js';
import { type Reply, ReplyError } from './replies.js';
import type { Store, Type } from './store.js';

/** A command that the mock has. Arguments and replies are as Redis has them. */
interface Command {
  /** How many arguments it takes, at the least and at the most. */
  readonly arity: readonly [least: number, most: number];
  /** What type its key must have, if it exists. */
  readonly type?: Type;
  /** Which arguments are keys. Default: the first. */
  readonly keys?: 'none' | 'all';
  /** Whether it can leave an empty key behind in redis-mock. */
  readonly empties?: true;
  readonly run: (store: Store, args: readonly string[]) => Promise<unknown>;
}

const ANY = Number.POSITIVE_INFINITY;
const OK = { ok: 'OK' };

/**
 * Commands that redis-mock carries out as Redis does go there as they are. The others are put together from its
 * primitives: HSET with several pairs, SET with options, ranges, and ZADD, which take numbers for text.
 */
const COMMANDS: Readonly<Record<string, Command>> = {
  get: { arity: [1, 1], type: 'string', run: (store, [key = '']) => store.run('get', key) },
  set: { arity: [2, ANY], run: set },
  del: { arity: [1, ANY], keys: 'all', run: (store, keys) => store.delete(keys) },
  exists: { arity: [1, ANY], keys: 'all', run: (store, keys) => store.run('exists', ...keys) },
  type: { arity: [1, 1], run: async (store, [key = '']) => ({ ok: await store.type(key) }) },
  pttl: { arity: [1, 1], run: pttl },
  time: { arity: [0, 0], keys: 'none', run: async ({ now }) => time(now) },

  hget: { arity: [2, 2], type: 'hash', run: (store, args) => store.run('hget', ...args) },
  hmget: { arity: [2, ANY], type: 'hash', run: (store, args) => store.run('hmget', ...args) },
  hset: { arity: [3, ANY], type: 'hash', run: hset },
  hdel: { arity: [2, ANY], type: 'hash', empties: true, run: (store, args) => store.run('hdel', ...args) },
  hlen: { arity: [1, 1], type: 'hash', run: (store, args) => store.run('hlen', ...args) },
  hgetall: {
    arity: [1, 1],
    type: 'hash',
    run: async (store, args) => (await store.run('hgetall', ...args)) ?? [],
  },
  hscan: { arity: [2, ANY], type: 'hash', run: hscan },

  llen: { arity: [1, 1], type: 'list', run: (store, args) => store.run('llen', ...args) },
  lindex: {
    arity: [2, 2],
    type: 'list',
    run: (store, [key = '', at]) => store.run('lindex', key, integer(at)),
  },
  lrange: { arity: [3, 3], type: 'list', run: lrange },
  lset: { arity: [3, 3], type: 'list', run: lset },
  ltrim: { arity: [3, 3], type: 'list', run: ltrim },
  rpush: { arity: [2, ANY], type: 'list', run: (store, args) => store.run('rpush', ...args) },

  sadd: { arity: [2, ANY], type: 'set', run: (store, args) => store.run('sadd', ...args) },
  srem: { arity: [2, ANY], type: 'set', empties: true, run: (store, args) => store.run('srem', ...args) },
  sismember: { arity: [2, 2], type: 'set', run: (store, args) => store.run('sismember', ...args) },
  smembers: { arity: [1, 1], type: 'set', run: (store, args) => store.run('smembers', ...args) },
  scard: { arity: [1, 1], type: 'set', run: (store, args) => store.run('scard', ...args) },

  zadd: { arity: [3, ANY], type: 'zset', run: zadd },
  zcard: { arity: [1, 1], type: 'zset', empties: true, run: (store, args) => store.run('zcard', ...args) },
  zrange: { arity: [3, 3], type: 'zset', empties: true, run: zrange },
  zrem: { arity: [2, ANY], type: 'zset', empties: true, run: (store, args) => store.run('zrem', ...args) },
  zscore: { arity: [2, 2], type: 'zset', empties: true, run: zscore },
};

/**
 * Carries out a command. A script passes the keys that it declared: the mock refuses any other, which a Redis Cluster
 * may do and a single server does not.
 * @throws ReplyError
 */
export async function runCommand(
  store: Store,
  [name = '', ...args]: readonly string[],
  declared?: ReadonlySet<string>,
): Promise<Reply> {
  const command = Object.hasOwn(COMMANDS, name.toLowerCase()) ? COMMANDS[name.toLowerCase()] : undefined;
  if (command === undefined) throw unknownCommand(name);
  const { arity, type, run } = command;
  if (args.length < arity[0] || args.length > arity[1]) {
    throw new ReplyError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
  }
  checkDeclared(command, args, declared);
  const [key = ''] = args;
  if (type !== undefined) await checkType(store, key, type);
  const reply = await run(store, args);
  if (command.empties && type !== undefined && type !== 'string') await store.dropIfEmpty(key, type);
  return (reply ?? null) as Reply;
}

function unknownCommand(name: string): ReplyError {
  const known = Object.keys(COMMANDS).join(', ').toUpperCase();
  return new ReplyError(`ERR unknown command '${name}': mockRedis() does not have it. It has ${known}`);
}

function checkDeclared(
  { keys }: Command,
  args: readonly string[],
  declared: ReadonlySet<string> | undefined,
): void {
  if (declared === undefined || keys === 'none') return;
  const undeclared = (keys === 'all' ? args : args.slice(0, 1)).find((key) => !declared.has(key));
  if (undeclared !== undefined)
    throw new ReplyError(`ERR Script accesses a key that is not in KEYS: '${undeclared}'`);
}

async function checkType(store: Store, key: string, type: Type): Promise<void> {
  const found = await store.type(key);
  if (found !== 'none' && found !== type) {
    throw new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');
  }
}

async function set(store: Store, [key = '', value = '', ...options]: readonly string[]): Promise<Reply> {
  const lifetime = options.length === 0 ? undefined : lifetimeOf(options);
  await store.run('set', key, value);
  store.expireAt(key, lifetime === undefined ? undefined : store.now + lifetime);
  return OK;
}

function lifetimeOf([unit = '', amount, ...rest]: readonly string[]): number {
  const ms = { PX: 1, EX: 1000 }[unit.toUpperCase()];
  if (ms === undefined || amount === undefined || rest.length > 0) {
    throw new ReplyError('ERR syntax error: of the options of SET, mockRedis() has PX and EX');
  }
  const lifetime = integer(amount) * ms;
  if (lifetime <= 0) throw new ReplyError("ERR invalid expire time in 'set' command");
  return lifetime;
}

async function pttl(store: Store, [key = '']: readonly string[]): Promise<number> {
  if ((await store.type(key)) === 'none') return -2;
  const deadline = store.deadline(key);
  return deadline === undefined ? -1 : deadline - store.now;
}

function time(now: number): string[] {
  return [String(Math.floor(now / 1000)), String(Math.floor((now % 1000) * 1000))];
}

async function hset(store: Store, args: readonly string[]): Promise<number> {
  const [key = ''] = args;
  if (args.length % 2 === 0) throw new ReplyError("ERR wrong number of arguments for 'hset' command");
  const fields = args.filter((_, i) => i % 2 === 1);
  const before = (await store.run('hmget', key, ...fields)) as (string | null)[];
  await store.run('hmset', ...args);
  return new Set(fields.filter((_, i) => before[i] === null)).size;
}

/** All of the hash at once, as Redis replies for a small one. */
async function hscan(store: Store, [key = '', cursor, ...options]: readonly string[]): Promise<Reply> {
  integer(cursor);
  const matches = matcher(options);
  const flat = ((await store.run('hgetall', key)) ?? []) as string[];
  return ['0', flat.flatMap((field, i) => (i % 2 === 0 && matches(field) ? [field, flat[i + 1] ?? ''] : []))];
}

function matcher(options: readonly string[]): (field: string) => boolean {
  let prefix = '';
  for (let i = 0; i < options.length; i += 2) {
    const [name, value = ''] = [options[i]?.toUpperCase(), options[i + 1]];
    const isPrefix = name === 'MATCH' && /^[^*?[\\]*\*$/.test(value);
    if (isPrefix) prefix = value.slice(0, -1);
    else if (name !== 'COUNT') {
      throw new ReplyError(
        'ERR syntax error: of the options of HSCAN, mockRedis() has COUNT, and MATCH with a prefix',
      );
    }
  }
  return (field) => field.startsWith(prefix);
}

async function lrange(store: Store, [key = '', start, stop]: readonly string[]): Promise<unknown> {
  const range = rangeOf(start, stop, await store.count(key, 'list'));
  return range === undefined ? [] : store.run('lrange', key, range.first, range.last);
}

async function lset(store: Store, [key = '', at, value = '']: readonly string[]): Promise<Reply> {
  await store.run('lset', key, integer(at), value);
  return OK;
}

async function ltrim(store: Store, [key = '', start, stop]: readonly string[]): Promise<Reply> {
  const range = rangeOf(start, stop, await store.count(key, 'list'));
  if (range === undefined) await store.delete([key]);
  else await store.run('ltrim', key, range.first, range.last);
  return OK;
}

async function zrange(store: Store, [key = '', start, stop]: readonly string[]): Promise<string[]> {
  const ranked = await store.ranked(key);
  const range = rangeOf(start, stop, ranked.length);
  return range === undefined ? [] : ranked.slice(range.first, range.last + 1).map(({ member }) => member);
}

async function zadd(store: Store, [key = '', ...rest]: readonly string[]): Promise<unknown> {
  if (rest.length % 2 === 1) throw new ReplyError('ERR syntax error: mockRedis() has no options of ZADD');
  return store.run('zadd', key, ...rest.map((text, i) => (i % 2 === 0 ? float(text) : text)));
}

async function zscore(store: Store, [key = '', member]: readonly string[]): Promise<string | null> {
  const found = (await store.ranked(key)).find((item) => item.member === member);
  return found === undefined ? null : formatNumber(found.score, 17);
}

/** Resolves indexes, which count from the end below zero, to a range that exists; `undefined` if it is empty. */
function rangeOf(start: string | undefined, stop: string | undefined, length: number) {
  const from = (index: number): number => (index < 0 ? length + index : index);
  const first = Math.max(0, from(integer(start)));
  const last = Math.min(length - 1, from(integer(stop)));
  return first > last ? undefined : { first, last };
}

function integer(text = ''): number {
  if (!/^(0|-?[1-9]\d{0,15})$/.test(text))
    throw new ReplyError('ERR value is not an integer or out of range');
  return Number(text);
}

function float(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new ReplyError('ERR value is not a valid float');
  return value;
}
