import { openBuffer, type SluiceErrorCode } from '@sluice/core';
import { redis } from '@sluice/redis';
import { describe, expect, test } from 'vitest';
import { addressOf } from '../src/address.js';
import { parseRedisUrl } from '../src/url.js';

const user = 'user:p%40ss';
const login = { username: 'user', password: 'p@ss' };
const place = (host: string, port: number) => ({ host, port });

describe('a URL says where the servers are, and who asks', () => {
  test.each([
    ['redis://', { kind: 'server', places: [place('localhost', 6379)], login: {} }],
    [`redis://${user}@h:7000/3`, { kind: 'server', places: [place('h', 7000)], login: { ...login, db: 3 } }],
    ['rediss://[::1]', { kind: 'server', places: [place('::1', 6379)], login: { tls: {} } }],
    ['REDIS://h', { kind: 'server', places: [place('h', 6379)] }],
    ['redis+cluster://a', { kind: 'cluster', places: [place('a', 6379)], login: {} }],
    [
      `redis+cluster://${user}@a:7000,b,[fe80::1]:7001,[::2]/?prefix=shop&commandTimeoutMs=9`,
      {
        kind: 'cluster',
        places: [place('a', 7000), place('b', 6379), place('fe80::1', 7001), place('::2', 6379)],
        login,
        prefix: 'shop',
        commandTimeoutMs: 9,
      },
    ],
    [
      'redis+cluster://u:a,b@c@h,i',
      { login: { username: 'u', password: 'a,b@c' }, places: [place('h', 6379), place('i', 6379)] },
    ],
    ['rediss+cluster://a,b', { kind: 'cluster', login: { tls: {} } }],
    [
      `redis+sentinel://${user}@a,b:26380/my%20master/2?sentinelUsername=guard&sentinelPassword=%26x`,
      {
        kind: 'sentinel',
        places: [place('a', 26379), place('b', 26380)],
        login: { ...login, db: 2 },
        master: 'my master',
        sentinelLogin: { username: 'guard', password: '&x' },
      },
    ],
    ['redis+sentinel://a/m', { kind: 'sentinel', login: {}, sentinelLogin: {}, master: 'm' }],
    ['rediss+sentinel://a/m', { login: { tls: {} }, sentinelLogin: { tls: {} } }],
  ])('%s', (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected);
  });

  test('and TLS asks for the certificate of each host by its name, unless another is given', () => {
    expect(addressOf(place('a', 1), { tls: {} })).toMatchObject({ tls: { servername: 'a' } });
    expect(addressOf(place('a', 1), { tls: { servername: 'b' } })).toMatchObject({
      tls: { servername: 'b' },
    });
    expect(addressOf(place('::1', 1), { tls: {} })).toEqual({ host: '::1', port: 1, tls: {} });
  });
});

const bad: [string, string, SluiceErrorCode?][] = [
  ['several hosts of one server', 'redis://:s3cret@a,b'],
  ['an empty host', 'redis+cluster://:s3cret@a,,b'],
  ['no host of a cluster', 'redis+cluster://:s3cret@'],
  ['no host before a port', 'redis+cluster://:s3cret@a,:7000'],
  ['no host of sentinels', 'redis+sentinel://:s3cret@/name'],
  ['a port that is none', 'redis+cluster://:s3cret@a:70000,b'],
  ['a port in words', 'redis+cluster://:s3cret@a,b:x'],
  ['an address without brackets', 'redis+cluster://:s3cret@a,::1'],
  ['white space between hosts', 'redis+cluster://:s3cret@a, b'],
  ['a database of a cluster', 'redis+cluster://:s3cret@a,b/0'],
  ['sentinels without a name', 'redis+sentinel://:s3cret@a,b'],
  ['sentinels with an empty name', 'redis+sentinel://:s3cret@a,b//0'],
  ['a database in words', 'redis+sentinel://:s3cret@a/name/x'],
  ['a path that goes on', 'redis+sentinel://:s3cret@a/name/0/x'],
  ['a path that goes on, of a server', 'redis://:s3cret@a/0/x'],
  ['a broken percent sign in a host', 'redis+cluster://:s3cret@a,b%zz'],
  ['a broken percent sign in a name', 'redis+sentinel://:s3cret@a/%zz'],
  ['the password of sentinels for a server', 'redis://a?sentinelPassword=s3cret'],
  ['a parameter twice', 'redis+sentinel://a/m?sentinelPassword=s3cret&sentinelPassword=s3cret'],
  ['an unknown parameter', 'redis+cluster://:s3cret@a?natMap=1'],
  ['no slashes', 'redis+cluster:a,b'],
  ['a list of 10 MB', `redis+cluster://${'a,'.repeat(5_000_000)}`],
  ['another scheme', 'redis+proxy://:s3cret@a', 'ERR_SLUICE_UNKNOWN_SCHEME'],
];
test.each(bad)('%s is refused, and no password is shown', (_, url, code = 'ERR_SLUICE_INVALID_URL') => {
  expect(() => redis({ url })).toThrow(
    expect.objectContaining({ code, message: expect.not.stringContaining('s3cret') }),
  );
  expect(() => redis({ url })).toThrow(/^.{1,400}$/);
});

test.each([
  'redis+cluster://a,b',
  'rediss+cluster://a,b',
  'redis+sentinel://a,b/name',
  'rediss+sentinel://a,b/name',
])('openBuffer and redis take %s', async (url) => {
  const buffer = await openBuffer({ url, ...(url.startsWith('rediss') && { tls: {} }) });
  await buffer.close();
  expect(redis({ url })).toMatchObject({ name: 'redis' });
});

test('TLS options of a URL without TLS are refused', () => {
  for (const url of ['redis+cluster://a', 'redis+sentinel://a/m'])
    expect(() => redis({ url, tls: {} })).toThrow(
      expect.objectContaining({ code: 'ERR_SLUICE_INVALID_OPTION' }),
    );
});
