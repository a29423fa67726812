import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, connect as http2Connect } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { board } from '@sluice/board';
import { incomingOf, nodeListener, serve } from '@sluice/board/node';
import express from 'express';
import fastify from 'fastify';
import { expect, test, vi } from 'vitest';
import { bury, world } from './support/dead.js';

const HEADERS = { 'content-type': 'application/json', 'x-sluice-board': '1' };

async function redriveAll(url: string): Promise<unknown> {
  const response = await fetch(`${url}api/redrive`, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify({ matching: {} }),
  });
  return response.json();
}

test.each([
  ['before the bodies are read', false],
  ['after express.json()', true],
])('Express, mounted %s', async (_, parses) => {
  const { buffer } = world(1);
  await bury(buffer, [{ path: '/a' }]);
  const app = express();
  if (parses) app.use(express.json());
  app.use((request, _response, next) => {
    Object.assign(request, { user: 'ann' });
    next();
  });
  const isAnn = (request: object | undefined): boolean =>
    request !== undefined && 'user' in request && request.user === 'ann';
  const handle = board({
    buffer,
    basePath: '/admin/sluice',
    authorize: (request) => isAnn(incomingOf(request)),
  });
  app.use('/admin/sluice', nodeListener(handle));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/admin/sluice`;
  try {
    const page = await fetch(url);
    expect(page.url).toBe(`${url}/`);
    expect(await page.text()).toContain('board.js');
    expect((await fetch(`${url}/board.js`)).status).toBe(200);
    expect(await redriveAll(`${url}/`)).toEqual({ asked: 1, done: 1, mayBeMore: false });
  } finally {
    server.close();
  }
});

test('Fastify', async () => {
  const { buffer } = world(1);
  await bury(buffer, [{ path: '/a' }]);
  const app = fastify();
  const listener = nodeListener(board({ buffer, basePath: '/sluice', authorize: () => true }));
  app.all('/sluice*', (request, reply) => {
    reply.hijack();
    return listener(Object.assign(request.raw, { body: request.body }), reply.raw);
  });
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/sluice/`;
  try {
    const page = await fetch(url.slice(0, -1));
    expect(page.url).toBe(url);
    expect(await page.text()).toContain('board.js');
    expect(await redriveAll(url)).toEqual({ asked: 1, done: 1, mayBeMore: false });
  } finally {
    await app.close();
  }
});

test('a server of its own', async () => {
  const { buffer } = world(1);
  await bury(buffer, [{ path: '/a' }]);
  await using server = await serve(board({ buffer, authorize: () => true }));
  expect(await redriveAll(server.url)).toEqual({ asked: 1, done: 1, mayBeMore: false });
  expect((await fetch(`${server.url}api/state`)).status).toBe(200);
});

test('a server for this machine alone takes no other name, which a site might have pointed here', async () => {
  const { buffer } = world(1);
  await using server = await serve(board({ buffer }));
  const status = async (host: string): Promise<number | undefined> => {
    const sent = httpRequest(server.url, { headers: { host } }).end();
    const [response] = await once(sent, 'response');
    response.resume();
    return response.statusCode;
  };
  const { port } = new URL(server.url);
  expect(await status(`localhost:${port}`)).toBe(200);
  expect(await status(`evil.test:${port}`)).toBe(403);
});

/** The status of a reply to a request as it is sent. */
async function statusOf(url: string, request: string): Promise<number> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(request.replaceAll('\n', '\r\n'));
  const [reply] = await once(socket, 'data');
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(String(reply))?.[1]);
}

test('nor does a path name one', async () => {
  const { buffer } = world(1);
  await using server = await serve(board({ buffer, authorize: () => true }));
  const { host } = new URL(server.url);
  const status = (path: string, name: string) =>
    statusOf(server.url, `GET ${path} HTTP/1.1\nHost: ${name}\nSec-Fetch-Site: same-origin\n\n`);
  for (const path of [
    '//localhost/api/rights',
    '//127.0.0.1/',
    '/\\localhost/',
    'http://localhost/api/rights',
  ])
    expect([path, await status(path, 'evil.test')]).toEqual([path, 403]);
  // A proxy may send the whole address.
  expect(await status(`http://${host}/api/rights`, host)).toBe(200);
});

test('requests that are none are refused, and no warning', async () => {
  const { buffer } = world(1);
  const handled: unknown[] = [];
  await using server = await serve(async (request) => {
    handled.push(request.url);
    return board({ buffer })(request);
  });
  const { host } = new URL(server.url);
  const warnings: unknown[] = [];
  const note = (warning: unknown) => warnings.push(warning);
  process.on('warning', note);
  for (const [line, name] of [
    ['TRACE /', host],
    ['GET /', 'two words'],
    ['GET /', 'user:password@localhost'],
    ['GET /', ''],
  ])
    expect([line, name, await statusOf(server.url, `${line} HTTP/1.1\nHost: ${name}\n\n`)]).toEqual([
      line,
      name,
      400,
    ]);
  expect(handled).toEqual([]);
  const cut = connect(Number(new URL(server.url).port), '127.0.0.1');
  cut.write(
    `POST /api/target HTTP/1.1\r\nHost: ${host}\r\nX-Sluice-Board: 1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
  );
  await vi.waitFor(() => expect(handled).toHaveLength(1));
  cut.destroy();
  await server.close();
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('over HTTP/2 the host is the authority', async () => {
  const { buffer } = world(1);
  const listener = nodeListener(board({ buffer }));
  const server = createServer((request, response) => {
    void listener(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = http2Connect(url);
  const status = async (origin: string): Promise<unknown> => {
    const stream = client.request({ ':path': '/api/rights', origin });
    const [headers] = await once(stream, 'response');
    stream.resume();
    return headers[':status'];
  };
  expect([await status(url), await status('http://localhost')]).toEqual([200, 403]);
  client.destroy();
  server.close();
});

test('what a hook throws is a warning of the process, and no secret of the page', async () => {
  const { buffer } = world(1);
  const warned = once(process, 'warning');
  await using server = await serve(
    board({
      buffer,
      authorize: () => {
        throw new Error('the session store is away: redis://me:secret@sessions');
      },
    }),
  );
  const response = await fetch(`${server.url}api/rights`);
  expect([response.status, await response.text()]).toEqual([500, '']);
  const [warning] = await warned;
  expect(String(warning)).toContain('session store');
  expect(String(warning)).not.toContain('secret');
});
