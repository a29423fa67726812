import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@sluice/core';
import type { RedisCluster, RedisNode } from '@sluice/test-servers';
import { poll } from '../poll.js';
import { pick } from '../random.js';
import { inTurn } from './in-turn.js';
import { haveAll, missingAt, type Progress, progressOf } from './progress.js';
import { clusterOf, type Injection, type System } from './system.js';

/** How many writes a replica lacks at least before it is promoted; it lacks a claim, too. */
const WRITES_MISSING = 20;
/** For how long a replica is cut off at most: producers must still have what it lacks. */
const BEHIND_TRIES = 60;
/** Between two keys of a slot that moves: meanwhile its scripts find some of their keys here, some there. */
const KEY_MS = 20;

/** Faults of a Redis Cluster, one at a time: two of them could leave a partition without any copy. */
export function clusterFaults(system: System) {
  const turn = inTurn();
  const alone = (
    fault: (cluster: RedisCluster, master: RedisNode, random: Random) => Promise<boolean>,
  ): Injection => {
    return (random) =>
      turn(async () => {
        const cluster = clusterOf(system);
        await cluster.settled();
        if (!(await haveAll(cluster.nodes, 2, system.processes.options.partitions))) return false;
        const { master } = pick(random, await partitionsOf(cluster));
        return fault(cluster, master, random);
      });
  };
  return {
    'master of the cluster killed, its replica promoted': alone(killMaster),
    'replica of the cluster cut off, then promoted': alone((cluster, master) =>
      promoteBehind(cluster, master, async (replica) => {
        const { writes, batches } = await missingAt(replica, master);
        return writes >= WRITES_MISSING && batches > 0;
      }),
    ),
    'replica promoted that lacks more than producers keep': alone((cluster, master) =>
      system.processes.pause('worker', () => promoteTooFarBehind(system, cluster, master)),
    ),
    'slot of a partition moved': alone(moveSlot),
    'node of the cluster down, others go on': alone((cluster, master) =>
      takeDown(cluster, master, system.downMs),
    ),
  };
}

interface Place {
  /** The key of a partition's state. */
  readonly state: string;
  readonly master: RedisNode;
}

/** The partitions in use, and where each is. */
async function partitionsOf(cluster: RedisCluster): Promise<Place[]> {
  const places = (await mastersOf(cluster)).map(async (master) =>
    [...(await progressOf(master)).keys()].map((state) => ({ state, master })),
  );
  return (await Promise.all(places)).flat();
}

async function mastersOf({ nodes }: RedisCluster): Promise<RedisNode[]> {
  const roles = await Promise.all(nodes.map(async (node) => ((await node.call('ROLE')) as [string])[0]));
  return nodes.filter((_, i) => roles[i] === 'master');
}

async function replicaOf(cluster: RedisCluster, master: RedisNode): Promise<RedisNode> {
  const [replica] = await cluster.replicasOf(master);
  if (replica === undefined) throw new Error('The master has no replica.');
  return replica;
}

async function killMaster(cluster: RedisCluster, master: RedisNode): Promise<boolean> {
  await replace(cluster, master, await replicaOf(cluster, master));
  return true;
}

/** The replica becomes the master; the old one, which was killed, comes back as its replica. */
async function replace(cluster: RedisCluster, master: RedisNode, replica: RedisNode): Promise<void> {
  await master.kill();
  try {
    await cluster.promote(replica);
  } finally {
    await master.start();
  }
  await cluster.settled();
}

/** Promotes a replica that was cut off until it was far enough behind. What it lacks, its master takes to the grave. */
async function promoteBehind(
  cluster: RedisCluster,
  master: RedisNode,
  isBehind: (replica: RedisNode) => Promise<boolean>,
  tries = BEHIND_TRIES,
): Promise<boolean> {
  const replica = await replicaOf(cluster, master);
  await cluster.cutOffReplicas(master);
  const wasBehind = await poll(() => isBehind(replica), { everyMs: 20, tries });
  await replace(cluster, master, replica);
  return wasBehind;
}

/**
 * The workers are stopped meanwhile: what was drained could not be lost. It has fired when a producer has said that it cannot
 * send again what is missing.
 */
async function promoteTooFarBehind(
  { processes }: System,
  cluster: RedisCluster,
  master: RedisNode,
): Promise<boolean> {
  const told = (): number => processes.reports.get('lost') ?? 0;
  const before = told();
  const startedAt = performance.now();
  await promoteBehind(cluster, master, async () => performance.now() - startedAt > FORGOTTEN_MS, 10_000);
  return poll(() => told() > before, { everyMs: 20, tries: 250 });
}

/** In which producers write more than they keep. */
const FORGOTTEN_MS = 15_000;

/** Moves the slot of a partition key by key. It has fired when the new master and its replica have all that was there. */
async function moveSlot(cluster: RedisCluster, from: RedisNode, random: Random): Promise<boolean> {
  const states = [...(await progressOf(from)).keys()];
  const others = (await mastersOf(cluster)).filter((node) => node !== from);
  const [state, to] = [pick(random, states), pick(random, others)];
  const slot = Number(await from.call('CLUSTER', 'KEYSLOT', state));
  const move = await cluster.startMove(slot, to);
  let moved = 0;
  for (let keys = 1; keys > 0; moved += keys) {
    keys = await move.moveKeys(1);
    await sleep(KEY_MS);
  }
  await move.finish();
  await cluster.settled();
  // A master that is killed before its replica has the moved keys takes them along, whoever waited for other replicas before.
  const { writes = 0 } = (await progressOf(to)).get(state) ?? {};
  const replica = await replicaOf(cluster, to);
  const hasAll = await poll(async () => ((await progressOf(replica)).get(state)?.writes ?? 0) >= writes, {
    everyMs: 20,
    tries: 250,
  });
  return hasAll && moved > 1 && (await cluster.masterOf(slot)) === to;
}

/** No replica takes over. It has fired when each other node that has partitions was written to and drained meanwhile. */
async function takeDown(cluster: RedisCluster, master: RedisNode, downMs: number): Promise<boolean> {
  const replica = await replicaOf(cluster, master);
  // Slots that move may leave a node without any.
  const inUse = new Set((await partitionsOf(cluster)).map((place) => place.master));
  inUse.delete(master);
  const others = [...inUse];
  await replica.call('CONFIG', 'SET', 'cluster-replica-no-failover', 'yes');
  try {
    await master.kill();
    const before = await Promise.all(others.map(sumOf));
    await sleep(downMs);
    const after = await Promise.all(others.map(sumOf));
    return others.length > 0 && before.every((earlier, i) => hasAdvanced(earlier, after[i] ?? earlier));
  } finally {
    await master.start();
    await replica.call('CONFIG', 'SET', 'cluster-replica-no-failover', 'no');
    await cluster.settled();
  }
}

function hasAdvanced(before: Progress, after: Progress): boolean {
  return after.writes > before.writes && after.batches > before.batches;
}

/** What a node has of all its partitions together. */
async function sumOf(node: RedisNode): Promise<Progress> {
  const all = [...(await progressOf(node)).values()];
  return {
    writes: all.reduce((sum, { writes }) => sum + writes, 0),
    batches: all.reduce((sum, { batches }) => sum + batches, 0),
  };
}
