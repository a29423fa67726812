import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTcpProxy } from '../src/tcp-proxy.js';

let server: Server;
let received: string[];

// It sends back what it gets, and keeps it.
beforeEach(async () => {
  received = [];
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received.push(String(bytes));
      socket.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => void server.close());

const serverPort = (): number => (server.address() as AddressInfo).port;

async function connectTo(port: number): Promise<Socket> {
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect');
  return client;
}

test('without rules, requests and replies pass', async () => {
  await using proxy = await startTcpProxy(serverPort());
  const client = await connectTo(proxy.port);
  client.write('ping');
  expect(String((await once(client, 'data'))[0])).toBe('ping');
});

test('a lost reply takes its connection with it, after the server has had the request', async () => {
  await using proxy = await startTcpProxy(serverPort(), () => ({ onReply: () => 'lose' }));
  const client = await connectTo(proxy.port);
  client.on('data', () => expect.unreachable());
  client.write('ping');
  await once(client, 'close');
  expect(received).toEqual(['ping']);
});

test('a late request reaches the server after its sender has lost the connection', async () => {
  await using proxy = await startTcpProxy(serverPort(), () => ({ onRequest: () => ({ lateMs: 1 }) }));
  const client = await connectTo(proxy.port);
  const arrived = once(server, 'connection').then(([socket]) => once(socket, 'data'));
  client.write('ping');
  await once(client, 'close');
  await arrived;
  expect(received).toEqual(['ping']);
});

test('a cut ends every connection and takes new ones', async () => {
  await using proxy = await startTcpProxy(serverPort());
  const clients = [await connectTo(proxy.port), await connectTo(proxy.port)];
  for (const client of clients) {
    client.write('ping');
    await once(client, 'data');
  }
  const closed = Promise.all(clients.map((client) => once(client, 'close')));
  expect(proxy.cut()).toBe(2);
  await closed;

  const another = await connectTo(proxy.port);
  another.write('pong');
  expect(String((await once(another, 'data'))[0])).toBe('pong');
});

test('an answered request does not reach the server', async () => {
  await using proxy = await startTcpProxy(serverPort(), () => ({ onRequest: () => ({ answer: 'no' }) }));
  const client = await connectTo(proxy.port);
  client.write('ping');
  expect(String((await once(client, 'data'))[0])).toBe('no');
  expect(received).toEqual([]);
});

test('a reply can be replaced by another one, after the server has had the request', async () => {
  await using proxy = await startTcpProxy(serverPort(), () => ({ onReply: () => ({ instead: 'no' }) }));
  const client = await connectTo(proxy.port);
  client.write('ping');
  expect(String((await once(client, 'data'))[0])).toBe('no');
  expect(received).toEqual(['ping']);
});

test('a silent connection passes nothing, stays open, and is seen to be closed by its client', async () => {
  let onClosed = (): void => {};
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  await using proxy = await startTcpProxy(serverPort(), () => ({ onRequest: () => ({ onClosed }) }));
  const client = await connectTo(proxy.port);
  client.on('data', () => expect.unreachable());
  client.write('ping');
  const another = await connectTo(proxy.port);
  another.end();
  await once(another, 'close');
  expect(client.readyState).toBe('open');
  client.end();
  await closed;
  expect(received).toEqual([]);
});
