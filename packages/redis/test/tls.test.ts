import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, createServer } from 'node:tls';
import { createBuffer, openBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisCluster, startRedisSentinels } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { certificateOf } from './support/certificate.js';
import { listen } from './support/listen.js';

const plain = await startRedisServer();
const [named, other] = await Promise.all([
  certificateOf('localhost'),
  certificateOf('other.test', ',IP:127.0.0.1'),
]);
const ca = [named.cert, other.cert];
const asked: (string | undefined)[] = [];
// Has one certificate for those who ask for localhost, and another one for all others.
const secured = createServer(
  {
    ...other,
    SNICallback: (name, done) => done(null, createSecureContext(name === 'localhost' ? named : other)),
  },
  (socket) => {
    asked.push(socket.servername || undefined);
    const upstream = connect(plain.port, '127.0.0.1');
    pass(socket, upstream);
    pass(upstream, socket);
  },
);
const { port } = await listen(secured);
afterAll(async () => {
  secured.close();
  await plain.stop();
});

async function freePort(): Promise<number> {
  const { server, port: free } = await listen(createTcpServer());
  await new Promise((resolve) => server.close(resolve));
  return free;
}

function pass(from: Socket, to: Socket): void {
  from
    .on('error', () => to.destroy())
    .on('close', () => to.destroy())
    .pipe(to);
}

describe('rediss://', () => {
  test('asks for the certificate of the host that the URL names', async () => {
    asked.length = 0;
    await using buffer = createBuffer({ backend: redis({ url: `rediss://localhost:${port}`, tls: { ca } }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    expect(asked).toEqual(['localhost']);
  });

  test('names no host if the URL has an address', async () => {
    asked.length = 0;
    await using buffer = createBuffer({ backend: redis({ url: `rediss://127.0.0.1:${port}`, tls: { ca } }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    expect(asked).toEqual([undefined]);
  });

  test('asks for the name that the TLS options have, if they have one', async () => {
    asked.length = 0;
    const tls = { ca, servername: 'other.test' };
    await using buffer = createBuffer({ backend: redis({ url: `rediss://localhost:${port}`, tls }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    expect(asked).toEqual(['other.test']);
  });

  test('takes TLS options through openBuffer', async () => {
    await using buffer = await openBuffer({ url: `rediss://localhost:${port}`, tls: { ca } });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
  });

  test('trusts no certificate by itself', async () => {
    await using buffer = createBuffer({
      backend: redis({ url: `rediss://localhost:${port}` }),
      writeTimeoutMs: 100,
    });
    await expect(buffer.incr('Page', { views: 1 }, { path: '/' })).rejects.toThrow(/self-signed certificate/);
  });
});

describe('what arrives behind a handshake and is no TLS', () => {
  // An error of its own, beside that of the certificate, or of what is being written.
  test.each([
    ['an alert without encryption, from a server that is not trusted', '15030300020232', {}],
    ['a record that cannot be decrypted, from a server that is not trusted', '1703030004deadbeef', {}],
    ['an alert without encryption', '15030300020232', { ca }],
    ['a record that cannot be decrypted', '1703030004deadbeef', { ca }],
  ])('%s fails the call, and not the process', async (_, record, tls) => {
    const { server, port: broken } = await listen(
      createTcpServer((client) => {
        const upstream = connect(port, '127.0.0.1');
        pass(client, upstream);
        upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
        upstream.on('data', (bytes) => client.write(Buffer.concat([bytes, Buffer.from(record, 'hex')])));
      }),
    );
    await using buffer = createBuffer({
      backend: redis({ url: `rediss://localhost:${broken}`, tls }),
      writeTimeoutMs: 300,
      logger: { warn() {}, error() {} },
    });
    await expect(buffer.incr('Page', { views: 1 }, { path: '/' })).rejects.toMatchObject({
      outcome: 'refused',
    });
    server.close();
  });
});

describe('rediss+cluster://', () => {
  test('speaks TLS to the seeds and to the nodes that they name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    await Promise.all([writeFile(key, other.key), writeFile(cert, other.cert)]);
    const tlsPort = await freePort();
    await using cluster = await startRedisCluster({
      masters: 1,
      settings: {
        'tls-port': String(tlsPort),
        'tls-key-file': key,
        'tls-cert-file': cert,
        'tls-ca-cert-file': cert,
        'tls-auth-clients': 'no',
        'tls-cluster': 'yes',
      },
    });
    const url = `rediss+cluster://localhost:${tlsPort}`;
    // The nodes name each other by their addresses.
    await using buffer = createBuffer({
      backend: redis({ url, tls: { ca, servername: 'other.test' } }),
    });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    const { nodes } = cluster;
    expect(await nodes[0]?.call('CLIENT', 'LIST')).toMatch(new RegExp(`laddr=127.0.0.1:${tlsPort}`));
    await using distrustful = createBuffer({ backend: redis({ url }), writeTimeoutMs: 100 });
    await expect(distrustful.incr('Page', { views: 1 }, { path: '/' })).rejects.toThrow(/certificate/);
    await rm(folder, { recursive: true });
  });
});

describe('rediss+sentinel://', () => {
  test('speaks TLS to the sentinels and to the master that they name', async () => {
    await using group = await startRedisSentinels();
    const master = await group.master();
    const servers = [...group.sentinels, master];
    const secure = await Promise.all(
      servers.map((server) => listen(createServer(named, (socket) => forward(socket, server.port)))),
    );
    const ports = secure.map((each) => each.port);
    // What the sentinels say, with the port that has TLS.
    const forward = (socket: Socket, target: number): void => {
      const upstream = connect(target, '127.0.0.1');
      pass(socket, upstream);
      upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      upstream.on('data', (bytes) =>
        socket.write(
          bytes.toString('latin1').replaceAll(`${master.port}\r\n`, `${ports.at(-1)}\r\n`),
          'latin1',
        ),
      );
    };
    const hosts = ports.slice(0, 3).map((each) => `localhost:${each}`);
    const url = `rediss+sentinel://${hosts.join(',')}/counters`;
    // The sentinels name the master by its address.
    await using buffer = createBuffer({ backend: redis({ url, tls: { ca, servername: 'localhost' } }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    expect(await buffer.get('Page', ['views'], { path: '/' })).toEqual({ views: 1 });
    for (const { server } of secure) server.close();
  });
});

test('openBuffer refuses TLS options that nothing takes', async () => {
  for (const url of ['memory:', 'redis://localhost'])
    await expect(openBuffer({ url, tls: { ca } })).rejects.toMatchObject({
      code: 'ERR_SLUICE_INVALID_OPTION',
      message: expect.stringContaining('"tls"'),
    });
});
