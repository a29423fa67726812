import { createHash } from 'node:crypto';
import { manualClock } from '@sluice/testing';
import { mockRedis } from '@sluice/testing/mock-redis';
import { expect, test } from 'vitest';

const sha1 = (source: string): string => createHash('sha1').update(source).digest('hex');

test('an unknown digest is a NOSCRIPT reply, until EVAL has brought the script', async () => {
  const mock = mockRedis();
  const source = 'return ARGV[1]';
  const unknown = { name: 'ReplyError', message: 'NOSCRIPT No matching script. Please use EVAL.' };
  await expect(mock.evalsha(sha1(source), 0, 'x')).rejects.toMatchObject(unknown);
  expect(await mock.eval(source, 0, 'x')).toBe('x');
  expect(await mock.evalsha(sha1(source), 0, 'y')).toBe('y');
  expect(await mock.evalsha(sha1(source).toUpperCase(), 0, 'z')).toBe('z');
  await mock.flushScripts();
  await expect(mock.evalsha(sha1(source), 0, 'x')).rejects.toMatchObject(unknown);
});

test('nothing runs in the middle of a script', async () => {
  const mock = mockRedis();
  const increment = `
    local before = redis.call('GET', KEYS[1])
    for i = 1, 5 do redis.call('HSET', KEYS[2], i, before) end
    redis.call('SET', KEYS[1], before + 1)
    return before`;
  await mock.call('SET', 'count', '0');
  const seen = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      if (i % 2 === 0) return mock.eval(increment, 2, 'count', 'log');
      const [count, log] = await Promise.all([mock.get('count'), mock.hgetall('log')]);
      expect(new Set(Object.values(log))).toEqual(new Set([String(Number(count) - 1)]));
      return undefined;
    }),
  );
  expect(seen.filter((before) => before !== undefined)).toEqual(
    Array.from({ length: 50 }, (_, i) => String(i)),
  );
  expect(await mock.get('count')).toBe('50');
});

test('a script that fails keeps what it wrote, and the next one runs', async () => {
  const mock = mockRedis();
  const failing = mock.eval(`redis.call('SET', KEYS[1], 'written') error('a reason')`, 1, 'key');
  const next = mock.eval(`return redis.call('GET', KEYS[1])`, 1, 'key');
  await expect(failing).rejects.toMatchObject({ name: 'ReplyError', message: 'ERR user_script:1: a reason' });
  expect(await next).toBe('written');
});

test('mocks share neither data nor scripts', async () => {
  const [one, other] = [mockRedis(), mockRedis()];
  await one.eval(`return redis.call('SADD', KEYS[1], 'x')`, 1, 'set');
  expect(await one.keys()).toEqual(['set']);
  expect(await other.keys()).toEqual([]);
  await expect(other.evalsha(sha1(`return redis.call('SADD', KEYS[1], 'x')`), 1, 'set')).rejects.toThrow(
    'NOSCRIPT',
  );
});

test('time stands where the clock stands, and keys expire by it', async () => {
  const clock = manualClock(1_763_800_000_123);
  const mock = mockRedis({ clock });
  expect(await mock.eval(`return redis.call('TIME')`, 0)).toEqual(['1763800000', '123000']);
  await mock.eval(
    `redis.call('SET', KEYS[1], 'a', 'PX', 1000) redis.call('SET', KEYS[2], 'b', 'EX', 9)`,
    2,
    'a',
    'b',
  );
  await clock.advance(999);
  expect([await mock.pttl('a'), await mock.pttl('b'), await mock.pttl('c')]).toEqual([1, 8001, -2]);
  await clock.advance(1);
  expect(await mock.keys()).toEqual(['b']);
  await mock.call('SET', 'b', 'replaced');
  await clock.advance(100_000);
  expect([await mock.get('b'), await mock.pttl('b')]).toEqual(['replaced', -1]);
});

test('a command that the mock lacks is an error that names it and those there are', async () => {
  const mock = mockRedis();
  await expect(mock.eval(`return redis.call('ZPOPMIN', KEYS[1])`, 1, 'key')).rejects.toMatchObject({
    name: 'ReplyError',
    message: expect.stringMatching(
      /^ERR unknown command 'ZPOPMIN': mockRedis\(\) does not have it. It has GET, SET/,
    ),
  });
  await expect(mock.call('constructor')).rejects.toThrow("unknown command 'constructor'");
});

test('a script may only touch the keys that it declares', async () => {
  const mock = mockRedis();
  const script = `return redis.call('GET', 'elsewhere')`;
  await expect(mock.eval(script, 1, 'key')).rejects.toThrow(
    "ERR Script accesses a key that is not in KEYS: 'elsewhere'",
  );
  expect(await mock.eval(script, 1, 'elsewhere')).toBe(null);
});

test('text passes unharmed, and so do bytes that a script cuts out of it', async () => {
  const mock = mockRedis();
  const text = 'NUL \0, 👩‍👩‍👧 🎉, é e\u0301, שלום, \u2028\ufeff "\\u0000" \\ud800';
  expect(await mock.eval('return { KEYS[1], ARGV[1] }', 1, text, text)).toEqual([text, text]);
  // As ioredis sends it: what is no character of Unicode becomes U+FFFD.
  expect(await mock.eval('return ARGV[1]', 0, '\ud800')).toBe('\ufffd');
  await expect(mock.eval('error(ARGV[1])', 0, text)).rejects.toThrow(text);
  const cut = `
    for i = 1, #ARGV[1] do redis.call('RPUSH', KEYS[1], string.sub(ARGV[1], i, i)) end
    return table.concat(redis.call('LRANGE', KEYS[1], 0, -1))`;
  expect(await mock.eval(cut, 1, 'list', text)).toBe(text);
  expect(await mock.hset('hash', text, text)).toBe(1);
  expect(await mock.hgetall('hash')).toEqual({ [text]: text });
});

test('what becomes empty is gone, and looking makes nothing', async () => {
  const mock = mockRedis();
  const script = `
    redis.call('HSET', KEYS[1], 'x', '') redis.call('HDEL', KEYS[1], 'x')
    redis.call('ZADD', KEYS[2], 0, 'x') redis.call('ZREM', KEYS[2], 'x')
    redis.call('SADD', KEYS[3], 'x') redis.call('SREM', KEYS[3], 'x')
    redis.call('RPUSH', KEYS[4], 'x') redis.call('LTRIM', KEYS[4], 1, -1)
    return redis.call('ZCARD', KEYS[5]) + #redis.call('ZRANGE', KEYS[5], 0, -1) + redis.call('HLEN', KEYS[5])`;
  expect(await mock.eval(script, 5, 'hash', 'zset', 'set', 'list', 'none')).toBe(0);
  expect(await mock.keys()).toEqual([]);
});

test('tables may be nested deeply', async () => {
  const mock = mockRedis();
  const deep = `${'['.repeat(300)}${']'.repeat(300)}`;
  expect(await mock.eval('return cjson.encode(cjson.decode(ARGV[1]))', 0, deep)).toBe(
    deep.replace('[]', '{}'),
  );
  const nested = 'local t = { "x" } for i = 1, 100 do t = { t } end return t';
  expect(JSON.stringify(await mock.eval(nested, 0))).toBe(`${'['.repeat(101)}"x"${']'.repeat(101)}`);
});

test('making one leaves the environment as it was', () => {
  expect(process.env.FENGARICONF).toBe(undefined);
  mockRedis();
  expect(process.env.FENGARICONF).toBe(undefined);
});
