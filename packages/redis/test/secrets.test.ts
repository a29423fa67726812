import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Backend, createBuffer, createWorker, openBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { freePorts, startRedisNode } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { certificateOf } from './support/certificate.js';
import { everything } from './support/everything.js';
import { listen } from './support/listen.js';

// Whatever goes wrong, nothing that a log may get has a password: no message, stack, cause, own property or event.

const USER = 'us3r-secret';
const PASSWORD = 'p4ss/word@secret';
const SENTINEL_PASSWORD = 'gu4rd-secret';
const PASSPHRASE = 'k3y-secret';
const ENCODED = encodeURIComponent(PASSWORD);

const [guarded, certificate] = await Promise.all([
  startRedisServer({ requirepass: PASSWORD }),
  certificateOf('localhost'),
]);
const KEY_LINE = certificate.key.toString().split('\n')[5] ?? '';
const admin = new Redis(guarded.url, { password: PASSWORD });
await admin.acl('SETUSER', USER, 'on', `>${PASSWORD}`, '~*', '+@all', '-evalsha', '-eval', '-info');

const SECRETS = [USER, PASSWORD, ENCODED, SENTINEL_PASSWORD, PASSPHRASE, KEY_LINE];

const greeting = (text: string | undefined) => (socket: Socket) => {
  socket.on('error', () => {});
  if (text === undefined) socket.pipe(socket);
  else socket.on('data', () => socket.write(text));
};
const [echo, http, silent, closing, protocolBreaker, tls] = await Promise.all([
  listen(createServer(greeting(undefined))),
  listen(createServer(greeting('HTTP/1.1 400 Bad Request\r\n\r\n'))),
  listen(createServer((socket) => socket.on('error', () => {}))),
  listen(createServer((socket) => socket.on('error', () => {}).destroy())),
  listen(createServer(greeting('$5\r\nab'))),
  listen(createTlsServer(certificate, greeting('+OK\r\n'))),
]);
// As a server replies that does not know AUTH, or knows it by another name.
const [ownPort, sentinelPort, nobody] = (await freePorts(3)) as [number, number, number];
const nameless = await startRedisNode({
  port: ownPort,
  settings: [
    ['rename-command', 'AUTH', ''],
    ['rename-command', 'HELLO', ''],
    ['protected-mode', 'no'],
  ],
});
const sentinel = await startRedisNode({
  port: sentinelPort,
  settings: [['requirepass', 'other']],
  isSentinel: true,
});

afterAll(async () => {
  for (const { server } of [echo, http, silent, closing, protocolBreaker, tls]) server.close();
  admin.disconnect();
  await Promise.all([guarded.stop(), nameless.stop(), sentinel.stop()]);
});

const wrong = `${USER}:${ENCODED}x`;
const right = `${USER}:${ENCODED}`;
const url = (scheme: string, login: string, port: number, rest = ''): string =>
  `${scheme}://${login}@localhost:${port}${rest}`;

const failing: Readonly<Record<string, () => Backend>> = {
  'a wrong password': () => redis({ url: url('redis', wrong, guarded.port) }),
  'a missing right': () => redis({ url: url('redis', right, guarded.port) }),
  'a database that does not exist': () => redis({ url: url('redis', right, guarded.port, '/99') }),
  'a server that does not know AUTH': () => redis({ url: url('redis', right, nameless.port) }),
  'a server that does not know AUTH, without a user': () =>
    redis({ url: url('redis', `:${ENCODED}`, nameless.port) }),
  'nobody at the address': () => redis({ url: url('redis', right, nobody) }),
  'no such host': () => redis({ url: `redis://${right}@host.invalid` }),
  'an echo': () => redis({ url: url('redis', right, echo.port), commandTimeoutMs: 200 }),
  'an HTTP server': () => redis({ url: url('redis', right, http.port), commandTimeoutMs: 200 }),
  'a server that says nothing': () => redis({ url: url('redis', right, silent.port), commandTimeoutMs: 50 }),
  'a server that closes': () => redis({ url: url('redis', right, closing.port), commandTimeoutMs: 200 }),
  'a server that breaks off': () =>
    redis({ url: url('redis', right, protocolBreaker.port), commandTimeoutMs: 50 }),
  'a certificate that nobody signed': () => redis({ url: url('rediss', right, tls.port) }),
  'TLS without a sense': () =>
    redis({
      url: url('rediss', right, tls.port),
      tls: { ca: certificate.cert, ...certificate },
      commandTimeoutMs: 50,
    }),
  'TLS where there is none': () => redis({ url: url('rediss', right, guarded.port), commandTimeoutMs: 200 }),
  'no cluster': () => redis({ url: url('redis+cluster', wrong, guarded.port) }),
  'a cluster that is away': () => redis({ url: url('redis+cluster', right, nobody) }),
  'a wrong password of sentinels': () =>
    redis({
      url: url('redis+sentinel', right, sentinel.port, `/name?sentinelPassword=${SENTINEL_PASSWORD}`),
    }),
  'sentinels that are away': () =>
    redis({
      url: url(
        'redis+sentinel',
        right,
        nobody,
        `/name?sentinelUsername=${USER}&sentinelPassword=${SENTINEL_PASSWORD}`,
      ),
    }),
  'a client of the user': () => {
    const client = new Redis(guarded.port, {
      username: USER,
      password: `${PASSWORD}x`,
      lazyConnect: true,
      retryStrategy: null,
    });
    client.on('error', () => {});
    return redis({ client, commandTimeoutMs: 200 });
  },
};

const outputs = (['log', 'warn', 'error', 'info', 'debug'] as const).map((name) =>
  vi.spyOn(console, name).mockImplementation(() => {}),
);

describe.each(Object.entries(failing))('%s', (_, open) => {
  test('shows no secret', async () => {
    const seen: unknown[] = [];
    const warned = (warning: unknown): void => void seen.push(warning);
    process.on('warning', warned);
    const backend = open();
    const logger = { warn: warned, error: warned };
    const buffer = createBuffer({ backend, partitions: 1, sink: async () => {}, writeTimeoutMs: 1, logger });
    const heard = createBuffer({ backend, partitions: 1, sink: async () => {}, writeTimeoutMs: 1 });
    for (const event of ['error', 'retry', 'buried', 'lost', 'dropped'] as const) heard.on(event, warned);
    for (const one of [buffer, heard]) {
      const calls = [
        one.incr('Page', { views: 1 }, { path: '/' }),
        one.get('Page', ['views'], { path: '/' }),
        one.processPending(),
        one.stats(),
        one.validate(),
        one.deadLetters.list(),
        one.deadLetters.redrive('all'),
      ];
      one.count('Page', { views: 1 }, { path: '/' });
      const outcomes = await Promise.allSettled(calls);
      expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
      seen.push(outcomes, one, one.health(), createWorker(one));
      await one.flush().catch(warned);
    }
    seen.push(
      backend,
      outputs.map(({ mock }) => mock.calls),
    );
    await Promise.all([buffer.close(), heard.close()].map((closing) => closing.catch(warned)));
    await backend.close();
    process.off('warning', warned);
    expectNoSecrets(seen);
  });
});

test.each([
  `redis://${USER}:${PASSWORD}@host`,
  `redis://${USER}:1?${SENTINEL_PASSWORD}@host`,
  `redis://${USER}:1?${SENTINEL_PASSWORD}=@host`,
  `redis://${USER}:1#${SENTINEL_PASSWORD}@host`,
  `${USER}:${SENTINEL_PASSWORD}@host:6379`,
  `${USER}:${SENTINEL_PASSWORD}@host:6379/0`,
  `:${SENTINEL_PASSWORD}@host:6379`,
  `redis:${USER}:${SENTINEL_PASSWORD}@host`,
  `redis+sentinel://h/${SENTINEL_PASSWORD}@x/y/z`,
  `redis+sentinel://h/name?sentinelPassword=${SENTINEL_PASSWORD}&x${SENTINEL_PASSWORD}@=1`,
  `other://${USER}:${SENTINEL_PASSWORD}@host`,
])('the URL %s is refused without a word of it', async (text) => {
  const errors: unknown[] = [];
  try {
    redis({ url: text });
  } catch (error) {
    errors.push(error);
  }
  errors.push(await openBuffer({ url: text }).catch((error: unknown) => error));
  expect(errors).toHaveLength(2);
  expectNoSecrets(errors);
});

test.each([
  { key: `-----BEGIN PRIVATE KEY-----\n${KEY_LINE}` },
  { ...certificate, key: certificate.cert },
  { cert: certificate.cert, key: KEY_LINE },
  { passphrase: 123_456 as never, key: certificate.key, cert: certificate.cert },
  { pfx: KEY_LINE, passphrase: PASSPHRASE },
])('TLS options that cannot be used are refused at once, without a word of the key', (options) => {
  const open = () => redis({ url: 'rediss://localhost', tls: options });
  expect(open).toThrow(expect.objectContaining({ code: 'ERR_SLUICE_INVALID_OPTION' }));
  try {
    open();
  } catch (error) {
    expectNoSecrets([error]);
    expect(everything(error)).not.toContain('123456');
  }
});

function expectNoSecrets(seen: readonly unknown[]): void {
  for (const each of seen) {
    const text = everything(each);
    for (const secret of SECRETS) {
      const at = text.indexOf(secret);
      if (at !== -1) expect.fail(`${secret} in: ${text.slice(Math.max(0, at - 300), at + 200)}`);
    }
  }
}
