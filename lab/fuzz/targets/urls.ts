import { InvalidInputError, openBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import fc from 'fast-check';
import { parseRedisUrl } from '../../../packages/redis/src/url.js';
import { damaged, snippet } from '../hostile.js';
import { unlessPromised } from '../promises.js';
import { type Target, target } from '../target.js';

/** In each password: no message may have it. */
const SECRET = 'Hunter2';

const scheme = fc.constantFrom(
  'redis',
  'rediss',
  'redis+cluster',
  'redis+sentinel',
  'REDIS',
  'sqlite',
  'http',
  '',
);
const password = fc.tuple(snippet, snippet).map(([before, after]) => before + SECRET + after);
const login = fc
  .tuple(snippet, password, fc.boolean())
  .map(([user, secret, isEncoded]) =>
    [user, secret].map((part) => (isEncoded ? encodeURIComponent(part.toWellFormed()) : part)).join(':'),
  );
const host = fc.constantFrom(
  'localhost',
  '127.0.0.1',
  '[::1]',
  'a:7000',
  'b:99999',
  'c:',
  ':1',
  '',
  'ü.example',
);
const hosts = fc.array(host, { maxLength: 4 }).map((list) => list.join(','));
const path = fc.constantFrom(
  '',
  '/',
  '/0',
  '/15',
  '/name',
  '/name/3',
  '/%zz',
  '/99999999999999999999',
  '/0/0',
);
const parameters = fc.constantFrom(
  '',
  '?prefix=shop',
  '?commandTimeoutMs=1e999',
  `?sentinelUsername=u&sentinelPassword=${SECRET}`,
  `?sentinelPassword=${SECRET}&sentinelPassword=${SECRET}`,
  `?password=${SECRET}`,
);

const url = fc
  .tuple(scheme, fc.constantFrom('://', ':', ''), login, hosts, path, parameters)
  .map(([name, colon, who, where, ...rest]) => `${name}${colon}${who}@${where}${rest.join('')}`);

function isHarmless(error: unknown): boolean {
  if (!(error instanceof InvalidInputError) || error.message.includes(SECRET)) return false;
  return error.message.length <= 400 && error.cause === undefined;
}

export const URLS: readonly Target[] = [
  target('URLs', damaged(url), (text) => {
    const parsed = unlessPromised(() => parseRedisUrl(text), isHarmless);
    for (const { host, port } of parsed?.places ?? []) {
      if (host === '' || !Number.isInteger(port) || port > 65_535)
        throw new Error(`the place ${host}:${port}`);
    }
    if (!Number.isSafeInteger(parsed?.login.db ?? 0)) throw new Error(`the database ${parsed?.login.db}`);
    unlessPromised(() => redis({ url: text }), isHarmless);
  }),

  target(
    'URLs of buffers',
    damaged(url),
    async (text) => {
      try {
        await (await openBuffer({ url: text })).close();
      } catch (error) {
        if (!isHarmless(error)) throw new Error('an error of the wrong kind', { cause: error });
      }
    },
    0.1,
  ),
];
