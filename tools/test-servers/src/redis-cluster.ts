import { freePorts, type OwnedRedisNode, type RedisNode, startRedisNode } from './redis-node.js';
import { hasCaughtUp } from './replication.js';
import { type SlotMove, startSlotMove } from './slot-move.js';
import { waitUntil } from './wait-until.js';

/** A real Redis Cluster, all of whose nodes are on this machine. */
export interface RedisCluster extends AsyncDisposable {
  /** The nodes that began as masters, with even shares of the slots, then those that began as replicas. */
  readonly nodes: readonly RedisNode[];
  /** `redis+cluster://127.0.0.1:port,…`, with the password if there is one. */
  readonly url: string;
  /** The master that has a slot. */
  masterOf(slot: number): Promise<RedisNode>;
  /** The replicas of a master. */
  replicasOf(master: RedisNode): Promise<RedisNode[]>;
  /** Begins to move a slot to another master; its keys move when they are told to. */
  startMove(slot: number, to: RedisNode): Promise<SlotMove>;
  /** Moves a slot with its keys to another master. */
  moveSlot(slot: number, to: RedisNode): Promise<void>;
  /** Makes a replica the master, whether its master agrees or not, and waits until all living nodes know. */
  promote(replica: RedisNode): Promise<void>;
  /** Cuts all replicas of a master off from it: they stay alive, and miss what is written from now on. */
  cutOffReplicas(master: RedisNode): Promise<void>;
  /** Lets the replicas of a master catch up. */
  rejoinReplicas(master: RedisNode): Promise<void>;
  /** Waits until every slot is served and every replica has what its master has. */
  settled(): Promise<void>;
}

/** What {@link startRedisCluster} takes. */
export interface ClusterStart {
  readonly masters: number;
  /**
   * Replicas of each master.
   * @default 0
   */
  readonly replicas?: number;
  readonly password?: string;
  /** Such as `{ appendonly: 'yes' }`; nothing is persisted unless they say so. */
  readonly settings?: Readonly<Record<string, string>>;
}

const SLOTS = 16384;

/**
 * Starts a Redis Cluster (7.0 or later) on free ports of the loopback interface, in temporary folders. It is ready
 * when this resolves.
 * @throws Error when it does not start; the log is in the message
 */
export async function startRedisCluster(start: ClusterStart): Promise<RedisCluster> {
  const { masters, replicas = 0, password } = start;
  const count = masters * (1 + replicas);
  const ports = await freePorts(2 * count);
  const nodes: OwnedRedisNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let i = 0; i < count; i += 1)
      nodes.push(await startNode(start, ports[i] as number, ports[count + i] as number));
    await join(nodes, masters, ports.slice(count));
  } catch (error) {
    await stop();
    throw error;
  }
  const seeds = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const byId = new Map<string, RedisNode>();
  for (const node of nodes) byId.set(await idOf(node), node);
  const cluster: RedisCluster = {
    nodes,
    url: `redis+cluster://${password === undefined ? '' : `:${password}@`}${seeds.join(',')}`,
    masterOf: (slot) => masterOf(byId, slot),
    async replicasOf(master) {
      const lines = (await master.call('CLUSTER', 'REPLICAS', await idOf(master))) as string[];
      return lines.map((line) => byId.get(line.slice(0, ID_LENGTH)) as RedisNode);
    },
    async startMove(slot, to) {
      return startSlotMove(nodes, await masterOf(byId, slot), to, slot, password);
    },
    async moveSlot(slot, to) {
      const move = await cluster.startMove(slot, to);
      while ((await move.moveKeys(100)) > 0);
      await move.finish();
    },
    async promote(replica) {
      await replica.call('CLUSTER', 'FAILOVER', 'TAKEOVER');
      const id = await idOf(replica);
      await waitUntil('all know that the replica is a master', async () => {
        const views = await Promise.all(nodes.map((node) => clusterNodes(node).catch(() => [])));
        const lines = views.flat().filter((line) => line.id === id);
        return lines.every(({ flags }) => flags.includes('master'));
      });
    },
    async cutOffReplicas(master) {
      await master.call('ACL', 'SETUSER', 'default', '-psync', '-sync');
      await master.call('CLIENT', 'KILL', 'TYPE', 'replica');
    },
    async rejoinReplicas(master) {
      // Not SYNC, to which a replica falls back whose PSYNC was still denied: over such a link it never confirms what it has.
      await master.call('ACL', 'SETUSER', 'default', '+psync');
    },
    settled: () => waitUntil('the cluster is settled', () => isSettled(nodes)),
    [Symbol.asyncDispose]: stop,
  };
  return cluster;
}

function startNode({ password, settings }: ClusterStart, port: number, bus: number): Promise<OwnedRedisNode> {
  return startRedisNode({
    port,
    password,
    settings: [
      ['save', ''],
      ['cluster-enabled', 'yes'],
      // By default the port and 10000, which may be no port.
      ['cluster-port', bus],
      ['cluster-node-timeout', 2000],
      ['cluster-require-full-coverage', 'no'],
      // So that a replica that was cut off may take over.
      ['cluster-replica-validity-factor', 0],
      ['repl-diskless-sync-delay', 0],
      ...(password === undefined
        ? []
        : ([
            ['requirepass', password],
            ['masterauth', password],
          ] as const)),
      ...Object.entries(settings ?? {}),
    ],
  });
}

async function join(
  nodes: readonly RedisNode[],
  masters: number,
  busPorts: readonly number[],
): Promise<void> {
  const [first] = nodes as [RedisNode];
  for (const [i, node] of nodes.entries()) {
    await node.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    if (i < masters) await node.call('CLUSTER', 'ADDSLOTSRANGE', ...shareOf(i, masters));
    await first.call('CLUSTER', 'MEET', '127.0.0.1', node.port, busPorts[i] as number);
  }
  await waitUntil('all nodes know each other', async () =>
    (await knownNodes(nodes)).every((n) => n === nodes.length),
  );
  for (const [i, node] of nodes.slice(masters).entries()) {
    await node.call('CLUSTER', 'REPLICATE', await idOf(nodes[i % masters] as RedisNode));
  }
  await waitUntil('the cluster is settled', () => isSettled(nodes));
}

/** The first slot and the last one of the share of a master. */
function shareOf(master: number, masters: number): [number, number] {
  return [Math.round((SLOTS * master) / masters), Math.round((SLOTS * (master + 1)) / masters) - 1];
}

/** How many nodes each of them knows. In a handshake, a node goes by a name that it will not keep. */
function knownNodes(nodes: readonly RedisNode[]): Promise<number[]> {
  return Promise.all(
    nodes.map(async (node) => {
      const lines = await clusterNodes(node);
      return lines.filter(({ flags }) => !flags.includes('handshake')).length;
    }),
  );
}

/** Whether all nodes have the same view, in which nothing is missing. */
async function isSettled(nodes: readonly RedisNode[]): Promise<boolean> {
  const [first, ...others] = (await Promise.all(nodes.map(clusterNodes))).map((lines) =>
    lines.map(({ id, flags, slots }) => `${id} ${flags.includes('master')} ${slots.join(' ')}`).sort(),
  );
  if (first?.length !== nodes.length || others.some((view) => view.join('\n') !== first.join('\n')))
    return false;
  // Of a link, first the replica knows that it is up, and then its master.
  const replicas = first.filter((line) => line.includes(' false ')).length;
  const online = (await Promise.all(nodes.map(onlineReplicasOf))).reduce((sum, count) => sum + count, 0);
  return (
    online === replicas && (await Promise.all(nodes.map((node) => isServing(node, nodes)))).every(Boolean)
  );
}

async function onlineReplicasOf(node: RedisNode): Promise<number> {
  return String(await node.call('INFO', 'replication')).split('state=online').length - 1;
}

/** Whether a node sees that every slot is served, and has what its master has. */
async function isServing(node: RedisNode, nodes: readonly RedisNode[]): Promise<boolean> {
  const state = String(await node.call('CLUSTER', 'INFO'));
  if (!state.includes('cluster_state:ok') || !state.includes(`cluster_slots_ok:${SLOTS}`)) return false;
  return (await roleOf(node)) === 'master' || hasCaughtUp(node, nodes);
}

async function masterOf(byId: ReadonlyMap<string, RedisNode>, slot: number): Promise<RedisNode> {
  // A node knows for certain what is its own.
  for (const node of byId.values()) {
    const lines = await clusterNodes(node).catch(() => []);
    const self = lines.find(({ flags }) => flags.includes('myself'));
    if (self?.flags.includes('master') && self.slots.some(([from, to]) => slot >= from && slot <= to))
      return node;
  }
  throw new Error(`No master has the slot ${slot}.`);
}

interface ClusterLine {
  readonly id: string;
  readonly flags: string;
  readonly slots: readonly (readonly [number, number])[];
}

async function clusterNodes(node: RedisNode): Promise<ClusterLine[]> {
  const text = String(await node.call('CLUSTER', 'NODES'));
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [id = '', , flags = '', , , , , , ...ranges] = line.split(' ');
      const slots = ranges
        .filter((range) => !range.startsWith('['))
        .map((range) => range.split('-').map(Number) as [number, number?])
        .map(([from, to = from]) => [from, to] as const);
      return { id, flags, slots };
    });
}

async function roleOf(node: RedisNode): Promise<unknown> {
  return ((await node.call('ROLE')) as unknown[])[0];
}

async function idOf(node: RedisNode): Promise<string> {
  return String(await node.call('CLUSTER', 'MYID'));
}

const ID_LENGTH = 40;
