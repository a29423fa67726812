import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from 'ioredis';
import { afterAll, expect, test, vi } from 'vitest';
import { startRedisCluster } from '../src/index.js';
import { infoOf } from '../src/redis-node.js';

const cluster = await startRedisCluster({ masters: 3, replicas: 1, password: 'secret' });
const client = new Cluster(
  cluster.nodes.map(({ port }) => ({ port })),
  { redisOptions: { password: 'secret' } },
);
afterAll(async () => {
  client.disconnect();
  await cluster[Symbol.asyncDispose]();
});
const slot = Number(await cluster.nodes[0]?.call('CLUSTER', 'KEYSLOT', 'key'));

test('a slot moves with its keys, and each master serves those that it has meanwhile', async () => {
  const from = await cluster.masterOf(slot);
  const to = cluster.nodes.slice(0, 3).find((node) => node !== from) ?? from;
  await client.set('key', '1');
  await client.set('{key}2', '2');
  const move = await cluster.startMove(slot, to);
  expect(await move.moveKeys(1)).toBe(1);
  expect([await client.get('key'), await client.get('{key}2')]).toEqual(['1', '2']);
  expect([await move.moveKeys(10), await move.moveKeys(10)]).toEqual([1, 0]);
  await move.finish();
  expect(await cluster.masterOf(slot)).toBe(to);
  await cluster.moveSlot(slot, from);
  expect(await cluster.masterOf(slot)).toBe(from);
  expect([await client.get('key'), await client.get('{key}2')]).toEqual(['1', '2']);
});

test('a replica that was cut off lacks what was written since, and takes over', async () => {
  const master = await cluster.masterOf(slot);
  const [replica] = await cluster.replicasOf(master);
  if (replica === undefined) throw new Error('no replica');
  await client.set('key', 'old');
  await cluster.settled();
  await cluster.cutOffReplicas(master);
  await client.set('key', 'new');
  await master.kill();
  await cluster.promote(replica);
  expect(await cluster.masterOf(slot)).toBe(replica);
  expect(await client.get('key')).toBe('old');
  await master.start();
  await cluster.settled();
  expect(await cluster.replicasOf(replica)).toEqual([master]);
});

test('in a settled cluster a replica has all that its master had', async () => {
  const master = await cluster.masterOf(slot);
  const [replica] = await cluster.replicasOf(master);
  if (replica === undefined) throw new Error('no replica');
  await cluster.settled();
  const size = 10_000_000;
  replica.pause();
  for (let i = 0; i < 10; i += 1) await client.set('key', `${i}`.repeat(size));
  replica.resume();
  await cluster.settled();
  expect(Number(await infoOf(replica, 'replication', 'slave_repl_offset'))).toBeGreaterThan(10 * size);
  await client.del('key');
});

test('a replica that rejoins never falls back to a link over which it confirms nothing', async () => {
  const master = await cluster.masterOf(slot);
  await cluster.cutOffReplicas(master);
  await cluster.rejoinReplicas(master);
  await cluster.settled();
  // As if it had asked just before it was let in.
  await master.call('ACL', 'LOG', 'RESET');
  await master.call('ACL', 'SETUSER', 'default', '-psync');
  await master.call('CLIENT', 'KILL', 'TYPE', 'replica');
  const refused = async () => JSON.stringify(await master.call('ACL', 'LOG'));
  await expect.poll(refused, { timeout: 10_000 }).toContain('"psync"');
  await expect.poll(refused, { timeout: 10_000 }).toContain('"sync"');
  await cluster.rejoinReplicas(master);
  await cluster.settled();
});

test('nothing is left of a cluster that is ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-temporary-'));
  vi.stubEnv('TMPDIR', folder);
  const small = await startRedisCluster({ masters: 1 });
  vi.unstubAllEnvs();
  expect(await readdir(folder)).toHaveLength(1);
  await small[Symbol.asyncDispose]();
  expect(await readdir(folder)).toEqual([]);
  await expect(small.nodes[0]?.call('PING')).rejects.toThrow();
  await rm(folder, { recursive: true });
});
