import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { FaultProxy } from './src/nemesis/fault-proxy.js';
import { REDIS } from './src/nemesis/protocols.js';

const WRITE = 'evalsha\r\n{0}:entries\r\n{0}:pending\r\n{0}:state\r\n';

test('a reply that is to be lost is one of a request that succeeded', async () => {
  const replies = ['-NOSCRIPT no such script\r\n', '+applied\r\n'];
  const server = createServer((socket) => {
    socket.on('error', () => {}).on('data', () => socket.write(replies.shift() ?? ''));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using proxy = await FaultProxy.open((server.address() as AddressInfo).port, REDIS);
  const fired = proxy.failNext('write', 'lose reply', 50_000);

  const client = connect(proxy.port, '127.0.0.1');
  client.write(WRITE);
  expect(String((await once(client, 'data'))[0])).toBe('-NOSCRIPT no such script\r\n');
  client.write(WRITE);
  await once(client, 'close');
  expect(await fired).toBe(true);
  server.close();
});
