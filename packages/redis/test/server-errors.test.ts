import { type Backend, BackendError, createBuffer, type SluiceErrorCode } from '@sluice/core';
import { redis } from '@sluice/redis';
import { recordingSink, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';

const server = await startRedisServer();
const admin = new Redis(server.url);
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await admin.flushall();
});

async function write(backend: Backend, number = 1, key = '["Page"]'): Promise<unknown> {
  const joined = await backend.join(0, 1);
  const entries = [{ key, fields: { '+views': 1 } }];
  return backend.add({
    ...joined,
    partition: 0,
    producer: 'p',
    number,
    follows: number - 1,
    nonce: `${number}`,
    entries,
  });
}

async function failure(call: Promise<unknown>): Promise<BackendError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BackendError);
  return error as BackendError;
}

async function expectRefused(
  call: Promise<unknown>,
  code: SluiceErrorCode,
  retryable: boolean,
): Promise<void> {
  expect(await failure(call)).toMatchObject({ code, retryable, outcome: 'refused' });
}

test('however many calls fail at once, their connection is left once, without a warning of a leak', async () => {
  const warnings: unknown[] = [];
  const note = (warning: unknown) => warnings.push(warning);
  process.on('warning', note);
  const fail = async (backend: Backend, code: SluiceErrorCode): Promise<void> => {
    const calls = Array.from({ length: 30 }, (_, partition) => failure(backend.join(partition + 1, 31)));
    for (const error of await Promise.all(calls)) expect(error.code).toBe(code);
  };
  await using backend = closing(redis({ url: `${server.url}?commandTimeoutMs=100` }));
  await backend.join(0, 1);
  await admin.replicaof('127.0.0.1', 1);
  await fail(backend, 'ERR_SLUICE_BACKEND_READONLY');
  await admin.replicaof('NO', 'ONE');
  await vi.waitFor(() => backend.join(0, 1));
  await admin.call('CLIENT', 'PAUSE', 300, 'ALL');
  await fail(backend, 'ERR_SLUICE_BACKEND_UNAVAILABLE');
  await vi.waitFor(() => backend.join(0, 1));
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

describe('what the server refuses becomes a typed error, and changes nothing', () => {
  test('OOM: the server is full', async () => {
    await using backend = closing(redis({ url: server.url }));
    await backend.join(0, 1);
    await admin.config('SET', 'maxmemory', '1');
    await expectRefused(write(backend), 'ERR_SLUICE_BACKEND_FULL', true);
    await expectRefused(backend.join(1, 2), 'ERR_SLUICE_BACKEND_FULL', true);
    await admin.config('SET', 'maxmemory', '0');
    expect(await backend.partitions(2)).toEqual([]);
    expect((await backend.stats(2)).map(({ partition }) => partition)).toEqual([0]);
  });

  test('READONLY: the server is a replica', async () => {
    await using backend = closing(redis({ url: server.url }));
    await write(backend);
    await admin.replicaof('127.0.0.1', 1);
    await expectRefused(
      backend.ack(0, 'x').then(() => write(backend, 2)),
      'ERR_SLUICE_BACKEND_READONLY',
      true,
    );
    await admin.replicaof('NO', 'ONE');
  });

  test('WRONGTYPE: another program uses a key', async () => {
    await using backend = closing(redis({ url: server.url }));
    await write(backend);
    const [pending = ''] = await admin.keys('*:pending');
    await admin.set(pending, 'not a list');
    await expectRefused(write(backend, 2, '["Other"]'), 'ERR_SLUICE_BACKEND_CORRUPT', false);
    const [entries = ''] = await admin.keys('*:entries');
    expect(await admin.hlen(entries)).toBe(1);
  });

  test('NOAUTH and WRONGPASS: the password is missing or wrong', async () => {
    await using guarded = await startRedisServer({ requirepass: 'secret' });
    const urls = [
      guarded.url,
      guarded.url.replace('//', '//:wrong@'),
      guarded.url.replace('//', '//nobody:secret@'),
    ];
    for (const url of urls) {
      await using backend = closing(redis({ url }));
      const error = await failure(write(backend));
      expect(error).toMatchObject({
        code: 'ERR_SLUICE_BACKEND_DENIED',
        retryable: false,
        outcome: 'refused',
      });
      expect(error.message).not.toMatch(/wrong@|secret/);
    }
    await using backend = closing(redis({ url: guarded.url.replace('//', '//default:secret@') }));
    await expect(write(backend)).resolves.toMatchObject({ status: 'applied' });
  });

  test('NOPERM: the user may not run scripts', async () => {
    await admin.acl('SETUSER', 'limited', 'on', '>pass', '~*', '+@all', '-evalsha', '-eval');
    await using backend = closing(redis({ url: server.url.replace('//', '//limited:pass@') }));
    await expectRefused(write(backend), 'ERR_SLUICE_BACKEND_DENIED', false);
  });

  test('a database that does not exist', async () => {
    await using backend = closing(redis({ url: `${server.url}/99` }));
    const error = await failure(write(backend));
    expect(error.message).toContain('DB index is out of range');
  });
});

test('NOSCRIPT: after SCRIPT FLUSH the source is sent again', async () => {
  await using backend = closing(redis({ url: server.url }));
  await write(backend);
  await admin.script('FLUSH');
  expect(await write(backend, 2)).toMatchObject({ status: 'applied' });
});

test('LOADING: a write waits until a restarted server has its data', async () => {
  await using slow = await startRedisServer({
    appendonly: 'yes',
    appendfsync: 'always',
    'key-load-delay': '3000',
  });
  await using buffer = createBuffer({ backend: redis({ url: slow.url }), sink: recordingSink() });
  await Promise.all(Array.from({ length: 300 }, (_, i) => buffer.incr('Page', { views: 1 }, { i })));
  await slow.kill();
  const waiting = buffer.incr('Page', { views: 1 }, { i: 0 });
  await slow.start();
  await waiting;
  expect(await buffer.get('Page', ['views'], { i: 0 })).toEqual({ views: 2 });
});

test('a full server is drained, and takes writes again', async () => {
  const sink = recordingSink();
  await using buffer = createBuffer({ backend: redis({ url: server.url }), sink, retryDelay: () => 0 });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  await admin.config('SET', 'maxmemory', '1');
  const waiting = buffer.incr('Page', { views: 2 }, { path: '/' });
  sink.fail(new Error('deadlock'));
  expect(await buffer.processPending()).toMatchObject({ retried: 1 });
  expect(await buffer.processPending()).toMatchObject({ batches: 1 });
  await admin.config('SET', 'maxmemory', '0');
  await waiting;
  await buffer.processPending();
  expect(sink.total('Page', 'views')).toBe(3);
});

test('a full server still renews and buries', async () => {
  await using backend = closing(redis({ url: server.url }));
  await write(backend);
  const request = {
    size: 1,
    bytes: 1000,
    leaseMs: 10_000,
    batchIdPrefix: '0-a',
    claimToken: 't',
    worker: 'worker',
    early: false,
  };
  const claimed = await backend.claim(0, request);
  const token = claimed.status === 'leased' ? claimed.leaseToken : '';
  await admin.config('SET', 'maxmemory', '1');
  expect(await backend.renew(0, token, 20_000)).toBe(true);
  expect(await backend.bury(0, token, [{ index: 0, reason: 'bad' }])).toBe(true);
  await admin.config('SET', 'maxmemory', '0');
  expect(await backend.deadLetters(0, 0, 9)).toMatchObject([
    { id: expect.stringMatching(/^0-a-1-\d{16}\/000000$/), reason: 'bad' },
  ]);
});

function closing(backend: Backend): Backend & AsyncDisposable {
  return Object.assign(backend, { [Symbol.asyncDispose]: () => backend.close() });
}
