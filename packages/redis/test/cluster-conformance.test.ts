import { nodeRedis } from '@sluice/redis';
import { startRedisCluster } from '@sluice/test-servers';
import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { afterAll, describe } from 'vitest';
import { redisConformance } from './support/conformance.js';

const cluster = await startRedisCluster({ masters: 3 });
const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
const ofNodeRedis = await createCluster({
  rootNodes: cluster.nodes.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` })),
}).connect();
afterAll(async () => {
  client.disconnect();
  ofNodeRedis.destroy();
  await cluster[Symbol.asyncDispose]();
});

describe.each([
  ['a client that was borrowed', { client }],
  ['a client of node-redis', { client: nodeRedis(ofNodeRedis) }],
  ['own connections', { url: cluster.url }],
])('over %s', (_, source) => redisConformance(client, source));
