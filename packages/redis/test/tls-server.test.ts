import type { ConnectionOptions } from 'node:tls';
import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { freePorts, startRedisCluster, startRedisNode } from '@sluice/test-servers';
import { afterAll, describe, expect, test } from 'vitest';
import { Authority, type Identity } from './support/authority.js';
import { everything } from './support/everything.js';

// Servers that speak TLS themselves, with certificates of a private authority, and ask for those of clients.

const [authority, stranger] = [new Authority('ours'), new Authority('of strangers')];
const ca = authority.identity.cert;
const [server, expired] = [authority.sign('redis.internal'), authority.sign('redis.internal', -1)];
const client = authority.sign('client');
const ours = { cert: client.cert, key: client.key };

const settingsOf = ({ certFile, keyFile }: Identity, port: number): Record<string, string> => ({
  'tls-port': `${port}`,
  'tls-cert-file': certFile,
  'tls-key-file': keyFile,
  'tls-ca-cert-file': authority.identity.certFile,
  'tls-auth-clients': 'yes',
});

async function start(identity: Identity, more: Record<string, string> = {}) {
  const [port] = (await freePorts(1)) as [number];
  const settings = Object.entries({ ...settingsOf(identity, port), ...more });
  return { port, node: await startRedisNode({ port: 0, settings }) };
}

const [secure, stale] = await Promise.all([start(server), start(expired)]);
afterAll(async () => {
  await Promise.all([secure, stale].map(({ node }) => node.stop()));
  for (const one of [authority, stranger]) one[Symbol.dispose]();
});

const named = { servername: 'redis.internal' };

async function failureOf(tls: ConnectionOptions, port = secure.port): Promise<unknown> {
  const backend = redis({ url: `rediss://127.0.0.1:${port}`, tls, commandTimeoutMs: 2000 });
  try {
    return await backend.join(0, 1).then(
      () => undefined,
      (error: unknown) => error,
    );
  } finally {
    await backend.close();
  }
}

test('a client that has a certificate of the authority counts and reads', async () => {
  const url = `rediss://127.0.0.1:${secure.port}`;
  await using buffer = createBuffer({ backend: redis({ url, tls: { ca, ...ours, ...named } }) });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  expect(await buffer.get('Page', ['views'], { path: '/' })).toEqual({ views: 1 });
  expect(await buffer.validate()).toMatchObject({ durability: 'recent-loss' });
});

const foreign = stranger.sign('client');
const old = authority.sign('client', -1);
const FAILURES: Readonly<Record<string, readonly [tls: ConnectionOptions, names: RegExp, port?: number]>> = {
  'an authority that did not sign it': [{ ca: stranger.identity.cert, ...ours, ...named }, /certificate/i],
  'no authority': [{ ...ours, ...named }, /certificate/i],
  'a certificate of the server that is over': [{ ca, ...ours, ...named }, /expired/, stale.port],
  'another host': [{ ca, ...ours, servername: 'other.internal' }, /Host: other\.internal/],
  'an address, where the certificate has a name': [{ ca, ...ours }, /127\.0\.0\.1/],
  'no certificate of the client': [{ ca, ...named }, /certificate/i],
  'a certificate of the client that a stranger signed': [
    { ca, cert: foreign.cert, key: foreign.key, ...named },
    /unknown ca|certificate/i,
  ],
  'a certificate of the client that is over': [{ ca, cert: old.cert, key: old.key, ...named }, /expired/i],
};

describe.each(Object.entries(FAILURES))('%s', (_, [tls, names, port]) => {
  test('is an error that says so, and shows no key', async () => {
    const error = await failureOf(tls, port);
    expect(error).toMatchObject({
      code: 'ERR_SLUICE_BACKEND_TLS',
      retryable: false,
      outcome: 'refused',
      message: expect.stringMatching(names),
    });
    const shown = everything(error);
    for (const { key } of [client, foreign, old]) expect(shown).not.toContain(key.split('\n')[2]);
  });
});

test('a Redis Cluster asks for the certificate of clients, too', async () => {
  const address = authority.sign('IP:127.0.0.1');
  const [port] = (await freePorts(1)) as [number];
  const settings = { ...settingsOf(address, port), 'tls-cluster': 'yes' };
  await using _cluster = await startRedisCluster({ masters: 1, settings });
  const url = `rediss+cluster://127.0.0.1:${port}`;
  await using buffer = createBuffer({ backend: redis({ url, tls: { ca, ...ours } }) });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  const without = redis({ url, tls: { ca } });
  await expect(without.join(0, 1)).rejects.toMatchObject({ code: 'ERR_SLUICE_BACKEND_TLS' });
  await without.close();
});
