import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from './support/cli.js';

let folder = '';
let plain: RedisServer;
let secured: Server;
let url = '';
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const files = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', file('key'), '-out', file('cert')];
  execFileSync('openssl', [...request, ...files], { stdio: 'ignore' });
  const [key, cert] = await Promise.all(['key', 'cert'].map((name) => readFile(file(name))));
  plain = await startRedisServer();
  // Takes nobody who has not the same certificate.
  secured = createServer({ key, cert, ca: cert, requestCert: true }, (socket) => {
    const server = connect(plain.port, '127.0.0.1');
    socket.on('error', () => server.destroy());
    server.on('error', () => socket.destroy());
    socket.pipe(server).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(secured, 'listening');
  url = `rediss://localhost:${(secured.address() as AddressInfo).port}`;
});

afterAll(async () => {
  secured.close();
  await plain.stop();
  await rm(folder, { recursive: true });
});

test('a private authority and a certificate of the client are files', async () => {
  const client = ['--ca', file('cert'), '--cert', file('cert'), '--key', file('key')];
  for (const command of ['status', 'check --for count', 'bench --seconds 0.1']) {
    const { err } = await cli([...command.split(' '), '--url', url, ...client]);
    expect(err.replace(/^Measuring.*\n/, '')).toBe('');
  }
  expect(await cli(['status', '--url', url, '--ca', file('cert')])).toMatchObject({ code: 1 });
  expect(await cli(['status', '--url', url])).toMatchObject({ code: 1 });
});

test('a file that is not there, or a URL that has no TLS, is a mistake of the command line', async () => {
  const missing = await cli(['status', '--url', url, '--ca', 'nowhere.pem']);
  expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('--ca') });
  expect(await cli(['status', '--url', plain.url, '--ca', file('cert')])).toMatchObject({ code: 2 });
});
