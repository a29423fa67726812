import { startRedisCluster } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import calculateSlot from 'cluster-key-slot';
import { Cluster, type Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import type { Connection, RedisClient } from '../src/connection.js';
import { resolveOptions } from '../src/options.js';

// Of calls that get no reply.
const SHORT_MS = 300;
const PASSWORD = 's3cret';

const cluster = await startRedisCluster({ masters: 3, replicas: 1, password: PASSWORD });
const masters = cluster.nodes.slice(0, 3);
const client = new Cluster(
  cluster.nodes.map(({ port }) => ({ port })),
  { redisOptions: { password: PASSWORD } },
);
const open: Connection[] = [];
afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  client.disconnect();
  await cluster[Symbol.asyncDispose]();
});

function connectTo(url: string, commandTimeoutMs = 5000): Connection {
  const { connection } = resolveOptions({ url, commandTimeoutMs });
  open.push(connection);
  return connection;
}

/** A URL of these ports, with the password. */
function urlOf(...ports: readonly number[]): string {
  return `redis+cluster://:${PASSWORD}@${ports.map((port) => `127.0.0.1:${port}`).join(',')}`;
}

/** A key that the i-th of the first masters has at the start. */
function keyOf(master: number): string {
  for (let i = 0; ; i += 1)
    if (Math.floor((calculateSlot(`key-${i}`) * 3) / 16384) === master) return `key-${i}`;
}

const keys = [0, 1, 2].map(keyOf) as [string, string, string];
const count = (client: RedisClient, ...ofOneSlot: string[]): Promise<unknown> =>
  client.eval("return redis.call('INCR', KEYS[1])", ofOneSlot.length, ...ofOneSlot);
const run = (connection: Connection, key: string): Promise<unknown> =>
  connection.run(key, (each) => count(each, key));
const idOf = (connection: Connection, key: string): Promise<unknown> =>
  connection.run(key, (each) => (each as Redis).client('ID'));

const away = { code: 'ERR_SLUICE_BACKEND_UNAVAILABLE', retryable: true };

test('a command goes to the master that has its key, and all of one tick in one packet a master', async () => {
  const connection = connectTo(cluster.url);
  await Promise.all(keys.map((key) => run(connection, key)));
  const reads = async (i: number): Promise<number> =>
    Number(/total_reads_processed:(\d+)/.exec(String(await masters[i]?.call('INFO', 'stats')))?.[1]);
  const before = await Promise.all([0, 1, 2].map(reads));
  await Promise.all(Array.from({ length: 90 }, (_, i) => run(connection, keys[i % 3] as string)));
  const after = await Promise.all([0, 1, 2].map(reads));
  // The questions themselves take a few.
  for (const i of [0, 1, 2]) expect((after[i] ?? 0) - (before[i] ?? 0)).toBeLessThan(15);
  expect(await client.get(keys[0])).toBe('31');
});

test('all masters are found, and messages can name them', async () => {
  const found = await connectTo(urlOf(masters[0]?.port ?? 0)).masters();
  expect(found.map(({ name }) => name).sort()).toEqual(
    masters.map(({ port }) => ` 127.0.0.1:${port}`).sort(),
  );
  const infos = await Promise.all(found.map((master) => master.run((each) => each.info())));
  for (const info of infos) expect(info).toContain('role:master');
});

describe('while a slot moves', () => {
  test('each key is found where it is, with scripts that the new master does not know', async () => {
    const connection = connectTo(cluster.url);
    const [key, other] = [`{${keys[0]}}a`, `{${keys[0]}}b`];
    await Promise.all([run(connection, key), run(connection, other)]);
    const [from, to] = masters as [(typeof masters)[0], (typeof masters)[0]];
    await to.call('SCRIPT', 'FLUSH');
    const bySource = (name: string): Promise<unknown> =>
      connection.run(name, (each) => each.evalsha('0'.repeat(40), 1, name).catch(() => count(each, name)));
    const slot = calculateSlot(key);
    const move = await cluster.startMove(slot, to);
    await move.moveKeys(1);
    expect(await Promise.all([key, other, `{${keys[0]}}new`].map(bySource))).toEqual([2, 2, 1]);
    // Some of them here, some there.
    await expect(connection.run(key, (each) => count(each, key, other, keys[0]))).rejects.toMatchObject({
      code: 'ERR_SLUICE_BACKEND_LOADING',
      retryable: true,
      outcome: 'refused',
      message: expect.stringMatching(/^Redis 127\.0\.0\.1:\d+: TRYAGAIN/),
    });
    while ((await move.moveKeys(10)) > 0);
    await move.finish();
    // The map of slots is old, and a new one is looked up.
    expect(await Promise.all([run(connection, key), run(connection, other)])).toEqual([3, 3]);
    await cluster.moveSlot(slot, from);
    expect(await run(connection, key)).toBe(4);
  });

  test('a slot that nobody has is waited for', async () => {
    const connection = connectTo(cluster.url);
    const key = keys[1];
    await run(connection, key);
    await masters[1]?.call('CLUSTER', 'DELSLOTS', calculateSlot(key));
    const refused = { retryable: true, outcome: 'refused' };
    await expect(run(connection, key)).rejects.toMatchObject(refused);
    await expect(run(connectTo(cluster.url), key)).rejects.toMatchObject(refused);
    await masters[1]?.call('CLUSTER', 'ADDSLOTS', calculateSlot(key));
    await cluster.settled();
    await run(connection, key);
  });
});

describe('a node that is away', () => {
  test('silent: its calls fail in bounded time, and it is reconnected alone', async () => {
    const connection = connectTo(cluster.url, SHORT_MS);
    const ids = await Promise.all(keys.map((key) => idOf(connection, key)));
    masters[2]?.pause();
    await expect(run(connection, keys[2])).rejects.toMatchObject({
      ...away,
      outcome: 'unknown',
      message: expect.stringContaining(`Redis 127.0.0.1:${masters[2]?.port}: no reply in`),
    });
    expect(await Promise.all(keys.slice(0, 2).map((key) => idOf(connection, key)))).toEqual(ids.slice(0, 2));
    masters[2]?.resume();
    await cluster.settled();
    await expect.poll(() => idOf(connection, keys[2]).catch(() => ids[2])).not.toBe(ids[2]);
    expect(await Promise.all(keys.slice(0, 2).map((key) => idOf(connection, key)))).toEqual(ids.slice(0, 2));
  });

  test('killed: what was sent may have run, what is sent later did not, and its replica is found', async () => {
    const connection = connectTo(cluster.url);
    const key = keys[0];
    await run(connection, key);
    const master = await cluster.masterOf(calculateSlot(key));
    const [replica] = await cluster.replicasOf(master);
    if (replica === undefined) throw new Error('no replica');
    const blocked = connection.run(key, (each) => (each as Redis).blpop(`{${key}}list`, 10));
    const lost = expect(blocked).rejects.toMatchObject({ ...away, outcome: 'unknown' });
    await expect.poll(() => master.call('CLIENT', 'LIST')).toContain('cmd=blpop');
    await master.kill();
    await lost;
    await expect(run(connection, key)).rejects.toMatchObject({ ...away, outcome: 'refused' });
    await run(connection, keys[1]);
    await cluster.promote(replica);
    await expect.poll(() => run(connection, key).catch(() => 0)).toBeGreaterThan(0);
    await master.start();
    await cluster.settled();
  });
});

describe('seeds', () => {
  test('one of many that is alive, a replica for one, is enough', async () => {
    const seeds = [...cluster.nodes];
    for (const seed of seeds.slice(0, 2)) seed.pause();
    try {
      const alive = await cluster.replicasOf(seeds[2] as (typeof seeds)[0]);
      const connection = connectTo(
        urlOf(1, ...seeds.slice(0, 2).map(({ port }) => port), alive[0]?.port ?? 0),
      );
      expect(await connection.masters()).toHaveLength(3);
    } finally {
      for (const seed of seeds.slice(0, 2)) seed.resume();
      await cluster.settled();
    }
  });

  test('of which none is alive: nothing was sent', async () => {
    await expect(run(connectTo(urlOf(1, 2)), 'key')).rejects.toMatchObject({ ...away, outcome: 'refused' });
    await expect(connectTo(urlOf(1, 2)).masters()).rejects.toMatchObject({ ...away, outcome: 'refused' });
  });

  test('with a wrong password', async () => {
    for (const user of [':wr0ng@', 'nobody:wr0ng@', '']) {
      const connection = connectTo(cluster.url.replace(`:${PASSWORD}@`, user));
      const error: unknown = await run(connection, 'key').catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'ERR_SLUICE_BACKEND_DENIED',
        retryable: false,
        outcome: 'refused',
        message: expect.stringMatching(/^Redis 127\.0\.0\.1:\d+: (WRONGPASS|NOAUTH)/),
      });
      expect(String(error)).not.toContain('wr0ng');
    }
  });
});

test('a server that is no cluster, and a cluster that is taken for a server, are told', async () => {
  await using server = await startRedisServer();
  const failed = { code: 'ERR_SLUICE_BACKEND_FAILED', retryable: false, outcome: 'refused' };
  await expect(run(connectTo(`redis+cluster://127.0.0.1:${server.port}`), 'key')).rejects.toMatchObject({
    ...failed,
    message: expect.stringContaining('use a redis:// URL'),
  });
  const { port } = await cluster.masterOf(calculateSlot(keys[0]));
  const node = connectTo(`redis://:${PASSWORD}@127.0.0.1:${port}`);
  const calls = await Promise.allSettled(keys.map((key) => run(node, key)));
  expect(calls.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(calls.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { ...failed, message: expect.stringMatching(/MOVED.*redis\+cluster:/) },
  });
});

test('after close() nothing is opened again', async () => {
  const connection = connectTo(cluster.url);
  await run(connection, keys[0]);
  await connection.close();
  await expect(run(connection, keys[0])).rejects.toMatchObject({ ...away, outcome: 'refused' });
  const unused = connectTo(cluster.url);
  await unused.close();
  await expect(run(unused, keys[0])).rejects.toThrow('the backend is closed');
});
