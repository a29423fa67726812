import { startRedisServer } from '@sluice/testing';
import { mockRedis } from '@sluice/testing/mock-redis';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, expect, test } from 'vitest';

/** A script must do the same on the mock as on a server. */
const server = await startRedisServer();
const real = new Redis(server.port);
const mock = mockRedis();
beforeEach(async () => {
  await Promise.all([real.flushall(), mock.flushall()]);
});
afterAll(async () => {
  real.disconnect();
  await server.stop();
});

type Evaluate = (source: string, keys: number, ...args: string[]) => Promise<unknown>;
const onServer: Evaluate = (source, keys, ...args) => real.eval(source, keys, ...args);
const onMock: Evaluate = (source, keys, ...args) => mock.eval(source, keys, ...args);

const outcome = (reply: Promise<unknown>): Promise<unknown> =>
  reply.catch((error: Error) => `${error.name} ${/^[A-Z]+/.exec(error.message)?.[0]}`);

async function alike(
  source: string,
  keys: readonly string[] = [],
  args: readonly string[] = [],
): Promise<void> {
  const [expected, actual] = await Promise.all(
    [onServer, onMock].map((evaluate) => outcome(evaluate(source, keys.length, ...keys, ...args))),
  );
  expect(actual, `${source} ${JSON.stringify(args)}`).toEqual(expected);
}

const KEYS = ['a', 'b', 'constructor', '', 'schlüssel 🎉'];
const key = fc.constantFrom(...KEYS);
const word = fc.constantFrom(
  'x',
  'y',
  '',
  '0',
  '__proto__',
  'toString',
  'é',
  'a\0b',
  '#',
  'WITHSCORES',
  '日本',
);
const place = fc.integer({ min: -4, max: 4 }).map(String);
const score = fc.oneof(place, fc.constantFrom('0.5', '1763800000000', '-1e3'));
const pairs = fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 4 }).map((list) => list.flat());
const words = fc.array(word, { minLength: 1, maxLength: 4 });
const scored = fc.array(fc.tuple(score, word), { minLength: 1, maxLength: 3 }).map((list) => list.flat());

const command = fc.oneof(
  ...['GET', 'TYPE', 'HLEN', 'LLEN', 'ZCARD', 'PTTL', 'SCARD'].map((name) =>
    fc.tuple(fc.constant(name), key),
  ),
  fc.tuple(fc.constant('SET'), key, word),
  fc.tuple(fc.constantFrom('DEL', 'EXISTS'), key, key),
  fc.tuple(fc.constant('HGET'), key, word),
  ...['HMGET', 'HDEL', 'RPUSH', 'SADD', 'SREM', 'ZREM'].map((name) =>
    fc.tuple(fc.constant(name), key, words).map(([command, on, list]) => [command, on, ...list]),
  ),
  fc.tuple(key, pairs).map(([on, list]) => ['HSET', on, ...list]),
  fc.tuple(key, scored).map(([on, list]) => ['ZADD', on, ...list]),
  fc.tuple(fc.constant('LINDEX'), key, place),
  ...['LRANGE', 'LTRIM', 'ZRANGE'].map((name) => fc.tuple(fc.constant(name), key, place, place)),
  fc.tuple(fc.constant('ZSCORE'), key, word),
  fc.constantFrom(['GET'], ['HSET', 'a', 'x'], ['LRANGE', 'a', '0'], ['NONESUCH', 'a']),
);

const DUMP = `
local found = {}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  local reads = {
    hash = { 'HGETALL', key },
    list = { 'LRANGE', key, 0, -1 },
    zset = { 'ZRANGE', key, 0, -1 },
    string = { 'GET', key },
  }
  local value = reads[kind] and redis.call(unpack(reads[kind])) or 'none'
  if kind == 'set' then value = redis.call('SMEMBERS', key) table.sort(value) end
  found[i] = { kind, value }
end
return found`;

test('400 random programs of commands do on the mock what they do on a server', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 25 }), async (program) => {
      await Promise.all([real.flushall(), mock.flushall()]);
      for (const step of program) await alike('return redis.call(unpack(ARGV))', KEYS, step);
      await alike(DUMP, KEYS);
    }),
    { numRuns: 400 },
  );
}, 120_000);

const json = fc.json({ maxDepth: 3 });
const escaped = fc
  .array(
    fc.constantFrom(
      '\\u0000',
      '\\u001f',
      '\\u007f',
      '\\u00e9',
      '\\u2028',
      '\\ud83d',
      '\\ude00',
      '\\\\',
      '\\"',
      '\\/',
      'é',
      '🎉',
      'a',
      '\\n',
      '\x7f',
    ),
    { maxLength: 6 },
  )
  .map((parts) => `{"${parts.join('')}":["${parts.join('')}"]}`);

test('cjson decodes and encodes as on a server', async () => {
  const source = `return cjson.encode(cjson.decode(ARGV[1]))`;
  const parsed = (reply: unknown): unknown => {
    try {
      return JSON.parse(String(reply));
    } catch {
      return reply;
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.oneof(json, escaped), async (text) => {
      const replies = await Promise.all(
        [onServer, onMock].map((evaluate) => outcome(evaluate(source, 0, text))),
      );
      const [expected, actual] = replies.map(parsed);
      expect(actual, text).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test('numbers add up and turn into text as on a server', async () => {
  const number = fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ min: -1e20, max: 1e20, noNaN: true }),
  );
  const source = `
    local a, b = tonumber(ARGV[1]), tonumber(ARGV[2])
    redis.call('SET', KEYS[1], a + b)
    return {
      redis.call('GET', KEYS[1]),
      string.format('%.0f', math.floor(a + b)),
      tostring(a < b),
      cjson.encode({ a })
    }`;
  await fc.assert(
    fc.asyncProperty(number, number, (a, b) => alike(source, ['sum'], [String(a), String(b)])),
    { numRuns: 1000 },
  );
});

const SNIPPETS = [
  `return 3.99`,
  `return -3.99`,
  `return { 1, 2, nil, 4 }`,
  `return { true, false, 'x', { 'y', {} } }`,
  `return { ok = 'FINE' }`,
  `return { err = 'FAILED for a reason' }`,
  `return redis.status_reply('FINE')`,
  `return redis.error_reply('FAILED for a reason')`,
  `return`,
  `return nil`,
  `return {}`,
  `return 2147483647 + 1`,
  `return 65536 * 65536`,
  `return 0x7fffffff * 2`,
  `return math.floor(ARGV[1] / 1000) * 1000000`,
  `return 'a' .. 1 .. 'b' .. 2.5 .. 10 / 2`,
  `return tostring(1e14 - 1) .. ' ' .. tostring(0.1) .. ' ' .. tostring(1/3)`,
  `return { tonumber('12'), tonumber(' 12 '), tonumber('1e3'), tonumber(''), 1 }`,
  `return tostring(tonumber('x')) .. tostring(tonumber('ff', 16)) .. tostring(tonumber('0x10'))`,
  `return { string.byte('+=>', 1, 3) }`,
  `return string.format('%s/%06d', 'id', tonumber('42'))`,
  `return { string.match('12 [x]', '^%d+'), string.match('12 [x]', '%[.*$') }`,
  `local n = 0 for line in string.gmatch('a\\n\\nb\\n', '([^\\n]*)\\n') do n = n + 1 end return n`,
  `return string.sub(ARGV[2], 1, 1) .. string.sub(ARGV[2], 2)`,
  `return #ARGV[2]`,
  `return string.gsub(ARGV[2], '\\n', ' ')`,
  `return { unpack({ 1, 2, 3 }, 2, 3) }`,
  `return { unpack({}) }`,
  `local t = {} for i = 1, 7000 do t[i] = i end return select('#', unpack(t))`,
  `local t = {} for i = 1, 9000 do t[i] = i end return select('#', unpack(t))`,
  `return pcall(cjson.decode, '{') and 1 or 0`,
  `return cjson.encode({})`,
  `return cjson.encode(cjson.decode('[]'))`,
  `return cjson.encode({ 1, 2, [4] = 4 })`,
  `return cjson.encode({ [1] = 'a', x = 'b' }) ~= nil and 1`,
  `return cjson.decode('[null]')[1] == cjson.null and 1 or 0`,
  `return cjson.encode({ cjson.null, 'a/b', 1e15, 12345678901234567, 0.1 })`,
  `return cjson.encode({ [1000] = 1 })`,
  `return cjson.encode({ 1 / 0 })`,
  `return cjson.encode({ f = function() end })`,
  `return redis.call('GET', KEYS[1]) == false and 1 or 0`,
  `return redis.call('SET', KEYS[1], 'v').ok`,
  `return redis.call('SET', KEYS[1], 1.5)`,
  `redis.call('SET', KEYS[1], 10) return redis.call('GET', KEYS[1])`,
  `redis.call('SET', KEYS[1], 'v', 'PX', 100000) return redis.call('PTTL', KEYS[1]) > 99000 and 1 or 0`,
  `redis.call('SET', KEYS[1], 'v', 'PX', 0)`,
  `redis.call('SET', KEYS[1], 'v', 'PX', 1000) redis.call('SET', KEYS[1], 'w') return redis.call('PTTL', KEYS[1])`,
  `redis.call('SET', KEYS[1], 'v') return redis.call('HGET', KEYS[1], 'x')`,
  `redis.call('SET', KEYS[1], 'v') return redis.pcall('LLEN', KEYS[1])`,
  `redis.call('SET', KEYS[1], 'v') return redis.pcall('LLEN', KEYS[1]).err ~= nil and 1`,
  `redis.call('SET', KEYS[1], 'v') local ok = pcall(redis.call, 'LLEN', KEYS[1]) return ok and 1 or 0`,
  `return redis.call('NONESUCH', KEYS[1])`,
  `return redis.call('LRANGE', KEYS[1], 0, 'last')`,
  `return redis.call('LRANGE', KEYS[1], 0, 1.5)`,
  `return redis.call('ZADD', KEYS[1], 'ten', 'x')`,
  `return redis.call('GET', {})`,
  `return redis.call()`,
  `return #redis.call('TIME')`,
  `return undefined_name`,
  `defined_name = 1`,
  `return (nil)[1]`,
  `error('a reason')`,
  `error({ err = 'CODE a reason' })`,
  `this is not Lua`,
  `-- 1\nlocal t = { [[2]], '3', "4\\"5", [6] = --[[ 7 ]] 8 } return { t[1], t[2], t[3], t[6] }`,
  `local a1, b_2 = 1, 2 return a1 + b_2 * 1e2`,
  `for i = 3, 1, -1 do if i == 2 then return tostring(i) end end`,
  `return tostring(#KEYS) .. tostring(#ARGV)`,
];

test.each(SNIPPETS)('as on a server: %s', (source) => alike(source, ['key'], ['1763800000123', 'é\n😀\0']));
