import { setTimeout } from 'node:timers/promises';
import { type Buffer, createBuffer, SluiceError } from '@sluice/core';
import { redis } from '@sluice/redis';
import {
  type RedisCluster,
  type RedisNode,
  startRedisCluster,
  startRedisSentinels,
} from '@sluice/test-servers';
import { median } from 'simple-statistics';

const PARTITIONS = 8;
const EVERY_MS = 5;

export interface PausesSettings {
  readonly change: keyof typeof CHANGES;
  readonly times: number;
}

/** Milliseconds, over the changes. */
export type PausesFigures = {
  /** The longest that an awaited increment took in each of them. */
  readonly medianMs: number;
  readonly longestMs: number;
  /** How long the servers were without a master: what no client can shorten. */
  readonly serversMedianMs: number;
};

interface World extends AsyncDisposable {
  readonly url: string;
  /** How long to wait between two changes, in milliseconds. */
  readonly restMs: number;
  /** Resolves with how long no server had the data, in milliseconds. */
  change(): Promise<number>;
}

// Sentinels begin no failover so soon after the last one: twice their failover-timeout.
const BETWEEN_FAILOVERS_MS = 8000;

const CHANGES = {
  /** A slot that has a partition goes to another master, key by key. */
  'slot move': async () => onCluster(await startRedisCluster({ masters: 3 }), moveSlot),
  /** A master is killed, and its replica takes over by itself. */
  'cluster failover': async () => onCluster(await startRedisCluster({ masters: 3, replicas: 1 }), killMaster),
  'sentinel failover': async () => {
    const group = await startRedisSentinels();
    return {
      url: group.url,
      restMs: BETWEEN_FAILOVERS_MS,
      async change() {
        const master = await group.master();
        const withoutMs = await replaced(master, () => group.master());
        await master.start();
        await group.settled();
        return withoutMs;
      },
      [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
    };
  },
} satisfies Record<string, () => Promise<World>>;

/** Counts without a break in all partitions, while servers change. */
export async function run({ change, times }: PausesSettings): Promise<PausesFigures> {
  await using world = await CHANGES[change]();
  await using buffer = createBuffer({
    backend: redis({ url: world.url }),
    partitions: PARTITIONS,
    lingerMs: 0,
    logger: { warn() {}, error() {} },
  });
  await counting(buffer, () => setTimeout(500, 0));
  const pauses: Pause[] = [];
  for (let i = 0; i < times; i += 1) {
    if (i > 0) await setTimeout(world.restMs);
    pauses.push(await counting(buffer, () => world.change()));
  }
  const longest = pauses.map(({ longestMs }) => longestMs);
  return {
    medianMs: median(longest),
    longestMs: Math.max(...longest),
    serversMedianMs: median(pauses.map(({ withoutMs }) => withoutMs)),
  };
}

interface Pause {
  /** That an increment took. */
  readonly longestMs: number;
  readonly withoutMs: number;
}

/** Counts until the change is over. */
async function counting(buffer: Buffer, change: () => Promise<number>): Promise<Pause> {
  let [isOver, longestMs] = [false, 0];
  const changed = change().finally(() => {
    isOver = true;
  });
  const calls: Promise<void>[] = [];
  for (let page = 0; !isOver; page += 1) {
    const since = performance.now();
    const counted = buffer.incr('Page', { views: 1 }, { page: page % (4 * PARTITIONS) });
    calls.push(
      counted.catch(ignoreLoss).then(() => {
        longestMs = Math.max(longestMs, performance.now() - since);
      }),
    );
    await setTimeout(EVERY_MS);
  }
  await Promise.all(calls);
  return { longestMs, withoutMs: await changed };
}

/** Without `durability`, a master that is killed takes along what no replica has yet. */
function ignoreLoss(error: unknown): void {
  if (!(error instanceof SluiceError) || error.code !== 'ERR_SLUICE_WRITE_LOST') throw error;
}

function onCluster(cluster: RedisCluster, change: (cluster: RedisCluster) => Promise<number>): World {
  return {
    url: cluster.url,
    restMs: 0,
    change: () => change(cluster),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** The slot of one of the partitions that are in use. */
async function usedSlot(cluster: RedisCluster): Promise<number> {
  const [node] = cluster.nodes;
  const keys = await Promise.all(
    cluster.nodes.map((each) => each.call('KEYS', 'sluice:{*}:state').catch(() => [])),
  );
  const [key] = (keys.flat() as string[]).sort(() => Math.random() - 0.5);
  return Number(await node?.call('CLUSTER', 'KEYSLOT', key ?? ''));
}

async function moveSlot(cluster: RedisCluster): Promise<number> {
  const slot = await usedSlot(cluster);
  const from = await cluster.masterOf(slot);
  const to = cluster.nodes.find((node) => node !== from);
  if (to !== undefined) await cluster.moveSlot(slot, to);
  await setTimeout(200);
  return 0;
}

async function killMaster(cluster: RedisCluster): Promise<number> {
  const slot = await usedSlot(cluster);
  const master = await cluster.masterOf(slot);
  const withoutMs = await replaced(master, () => cluster.masterOf(slot));
  await master.start();
  await cluster.settled();
  return withoutMs;
}

/** Kills a master. Resolves with how long it takes until there is another one. */
async function replaced(old: RedisNode, master: () => Promise<RedisNode>): Promise<number> {
  const since = performance.now();
  await old.kill();
  while ((await master().catch(() => old)) === old) await setTimeout(20);
  const withoutMs = performance.now() - since;
  // Without persistence it comes back empty, and takes writes until it is told that there is another master.
  await setTimeout(1000);
  return withoutMs;
}
