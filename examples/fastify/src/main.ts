import { board } from '@sluice/board';
import { nodeListener } from '@sluice/board/node';
import Fastify from 'fastify';
import { sluice } from './sluice.js';

const server = Fastify({ logger: { level: 'warn' } });

await server.register(sluice, {
  url: process.env.SLUICE_URL ?? 'memory:',
  databaseFile: process.env.DATABASE_FILE ?? 'pages.db',
});

server.get<{ Params: { name: string } }>('/pages/:name', async ({ params }) => {
  // Not awaited: no response waits for a counter. What is on its way at the end is written by `buffer.close()`.
  server.sluice.incr('Page', { views: 1 }, { path: `/pages/${params.name}` }).catch((error: unknown) => {
    server.log.error(error, 'A view was not counted');
  });
  return `This is ${params.name}.`;
});

const listener = nodeListener(board({ buffer: server.sluice, basePath: '/sluice' }));
server.all('/sluice*', (request, reply) => {
  reply.hijack();
  return listener(Object.assign(request.raw, { body: request.body }), reply.raw);
});

process.once('SIGTERM', () => void server.close());
process.once('SIGINT', () => void server.close());

console.log(`listening on ${await server.listen({ port: Number(process.env.PORT ?? 3000) })}`);
