import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultProxy } from './src/nemesis/fault-proxy.js';
import { REDIS } from './src/nemesis/protocols.js';

const PATIENCE_MS = 50_000;
const WRITE = command('evalsha', 'sha', '3', '{0}:entries', '{0}:pending', '{0}:state');
const APPLIED = '*1\r\n*3\r\n$7\r\napplied\r\n:1\r\n$2\r\n[]\r\n';

let replies: string[];
let received: number;
const server = createServer((socket) => {
  socket
    .on('error', () => {})
    .on('data', () => {
      received += 1;
      socket.write(replies.shift() ?? APPLIED);
    });
});
let proxy: FaultProxy;

beforeEach(async () => {
  replies = [];
  received = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await FaultProxy.open((server.address() as AddressInfo).port, REDIS);
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  server.close();
});

test('a reply that is to be lost is one of a request that succeeded', async () => {
  replies = ['-NOSCRIPT no such script\r\n'];
  const fired = proxy.failNext('write', 'lose reply', PATIENCE_MS);
  const client = connect(proxy.port, '127.0.0.1');
  client.write(WRITE);
  expect(String((await once(client, 'data'))[0])).toBe('-NOSCRIPT no such script\r\n');
  client.write(WRITE);
  await once(client, 'close');
  expect(await fired).toBe(true);
});

test.each([
  ['replace reply', 1],
  ['refuse request', 0],
] as const)('%s: the client gets an error of the proxy', async (fault, times) => {
  const fired = proxy.failNext('write', fault, PATIENCE_MS);
  const client = connect(proxy.port, '127.0.0.1');
  client.write(WRITE);
  expect(String((await once(client, 'data'))[0])).toMatch(/^-ERR /);
  expect(await fired).toBe(true);
  expect(received).toBe(times);
  client.write(WRITE);
  expect(String((await once(client, 'data'))[0])).toBe(APPLIED);
});

test('a silent connection has happened when its client closes it', async () => {
  const fired = proxy.failNext('write', 'go silent', PATIENCE_MS);
  const client = connect(proxy.port, '127.0.0.1');
  client.write(WRITE, () => client.end());
  expect(await fired).toBe(true);
  expect(received).toBe(0);
});

test('the tape keeps requests that changed something, each on its own', async () => {
  replies = ['*1\r\n$8\r\nconflict\r\n', APPLIED + APPLIED];
  const client = connect(proxy.port, '127.0.0.1');
  client.write(WRITE);
  await once(client, 'data');
  client.write(WRITE + WRITE);
  await once(client, 'data');
  expect(proxy.tape.of('write').map(String)).toEqual([WRITE, WRITE]);
});

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}
