import { freePorts, infoOf, type OwnedRedisNode, type RedisNode, startRedisNode } from './redis-node.js';
import { hasCaughtUp } from './replication.js';
import { waitUntil } from './wait-until.js';

/** A master, its two replicas, and the three sentinels that watch them. */
export interface RedisSentinels extends AsyncDisposable {
  readonly servers: readonly RedisNode[];
  readonly sentinels: readonly RedisNode[];
  /** `redis+sentinel://127.0.0.1:port,…/counters`, with the passwords if there are any. */
  readonly url: string;
  /** The master as the sentinels have it. */
  master(): Promise<RedisNode>;
  /** Makes a replica the master in good order, and waits until the sentinels say so. */
  failOver(): Promise<void>;
  /**
   * Hides the master from the sentinels, which make a replica the master, and waits until they have. The old one stays
   * alive, and takes writes of those who still have a connection to it.
   */
  hideMaster(): Promise<RedisNode>;
  /** Shows a hidden master, which becomes a replica. */
  show(server: RedisNode): Promise<void>;
  /** Waits until the master has both replicas, and they have all that it had when this was called. */
  settled(): Promise<void>;
}

/** What {@link startRedisSentinels} takes. */
export interface SentinelsStart {
  /** Of the servers. */
  readonly password?: string;
  readonly sentinelPassword?: string;
  /** Of the servers, such as `{ appendonly: 'yes' }`; nothing is persisted unless they say so. */
  readonly settings?: Readonly<Record<string, string>>;
}

const NAME = 'counters';
const WATCHER = 'watcher';
const WATCHER_PASSWORD = 'watching';

/**
 * Starts three Redis servers (7.0 or later) and three sentinels, of whom two must agree, on free ports of the loopback
 * interface, in temporary folders. All is ready when this resolves.
 * @throws Error when it does not start; the log is in the message
 */
export async function startRedisSentinels(start: SentinelsStart = {}): Promise<RedisSentinels> {
  const ports = await freePorts(6);
  const [masterPort, ...replicaPorts] = ports.slice(0, 3) as [number, ...number[]];
  const servers: OwnedRedisNode[] = [];
  const sentinels: OwnedRedisNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([...sentinels, ...servers].map((node) => node.stop()));
  };
  const { password, sentinelPassword } = start;
  const anySentinel = async <T>(ask: (sentinel: RedisNode) => Promise<T>): Promise<T> =>
    Promise.any(sentinels.map(ask));
  const master = async (): Promise<RedisNode> => {
    const [, port] = (await anySentinel((node) =>
      node.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME),
    )) as string[];
    return servers.find((server) => `${server.port}` === port) as RedisNode;
  };
  const isReplaced = async (old: RedisNode): Promise<boolean> =>
    !(await Promise.all(sentinels.map((sentinel) => isMaster(sentinel, old)))).includes(true);
  const haveCaughtUp = async (replicas: readonly RedisNode[]): Promise<boolean> =>
    (await Promise.all(replicas.map((replica) => hasCaughtUp(replica, servers)))).every(Boolean);
  const isInSync = async (): Promise<boolean> => {
    const current = await master();
    const agree = await Promise.all(sentinels.map((sentinel) => isMaster(sentinel, current)));
    const known = await Promise.all(sentinels.map((node) => infoOf(node, 'sentinel', 'master0')));
    return (
      agree.every(Boolean) &&
      known.every((line) => line?.includes('status=ok') && line.includes('slaves=2,sentinels=3')) &&
      // An old master that came back takes writes until the sentinels have noticed it.
      (await infoOf(current, 'replication', 'role')) === 'master' &&
      /state=online[\s\S]*state=online/.test(String(await current.call('INFO', 'replication'))) &&
      (await haveCaughtUp(servers.filter((server) => server !== current)))
    );
  };
  const settled = (): Promise<void> => {
    let since = Number.POSITIVE_INFINITY;
    return waitUntil('the sentinels agree, and the replicas are in sync', async () => {
      const isSo = await isInSync().catch(() => false);
      since = isSo ? Math.min(since, Date.now()) : Number.POSITIVE_INFINITY;
      return Date.now() - since >= CALM_MS;
    });
  };
  try {
    servers.push(await startServer(start, masterPort));
    for (const port of replicaPorts) servers.push(await startServer(start, port, masterPort));
    for (const port of ports.slice(3)) sentinels.push(await startSentinel(start, port, masterPort));
    await settled();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    servers,
    sentinels,
    url: urlOf(sentinels, password, sentinelPassword),
    master,
    async failOver() {
      const old = await master();
      const [sentinel] = sentinels as [OwnedRedisNode, ...OwnedRedisNode[]];
      await waitUntil('another server is the master', async () => {
        // It refuses until it has heard of a replica lately, and gives a failover up that takes long.
        if (await isMaster(sentinel, old)) await sentinel.call('SENTINEL', 'FAILOVER', NAME).catch(() => {});
        return isReplaced(old);
      });
    },
    async hideMaster() {
      const old = await master();
      // A user who is off would not do: where there is no password, its connections would be those of the default user.
      await old.call('ACL', 'SETUSER', WATCHER, '-@all');
      await waitUntil('another server is the master', () => isReplaced(old));
      return old;
    },
    async show(server) {
      await server.call('ACL', 'SETUSER', WATCHER, '+@all');
    },
    settled,
    [Symbol.asyncDispose]: stop,
  };
}

async function isMaster(sentinel: RedisNode, server: RedisNode): Promise<boolean> {
  const [, port] = (await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as string[];
  return port === `${server.port}`;
}

function startServer(
  { password, settings }: SentinelsStart,
  port: number,
  masterPort?: number,
): Promise<OwnedRedisNode> {
  return startRedisNode({
    port,
    password,
    settings: [
      ['save', ''],
      ['repl-diskless-sync-delay', 0],
      ['user', WATCHER, 'on', `>${WATCHER_PASSWORD}`, '~*', '&*', '+@all'],
      ...(password === undefined
        ? []
        : ([
            ['requirepass', password],
            ['masterauth', password],
          ] as const)),
      ...(masterPort === undefined ? [] : ([['replicaof', '127.0.0.1', masterPort]] as const)),
      ...Object.entries(settings ?? {}),
    ],
  });
}

async function startSentinel(
  { sentinelPassword }: SentinelsStart,
  port: number,
  masterPort: number,
): Promise<OwnedRedisNode> {
  const sentinel = await startRedisNode({
    port,
    password: sentinelPassword,
    isSentinel: true,
    settings: [
      ['sentinel', 'monitor', NAME, '127.0.0.1', masterPort, 2],
      ['sentinel', 'down-after-milliseconds', NAME, 500],
      ['sentinel', 'failover-timeout', NAME, 4000],
      ['sentinel', 'auth-user', NAME, WATCHER],
      ['sentinel', 'auth-pass', NAME, WATCHER_PASSWORD],
      ...(sentinelPassword === undefined
        ? []
        : ([
            ['requirepass', sentinelPassword],
            ['sentinel', 'sentinel-pass', sentinelPassword],
          ] as const)),
    ],
  });
  await sentinel.call('SENTINEL', 'DEBUG', ...PERIODS_MS);
  return sentinel;
}

// How often a sentinel looks after all others, by default up to ten seconds; and for how long it does nothing after it was held
// up, as on a busy machine, by default thirty. The period of PING stays: a replica that has not said INFO for five of them is not
// promoted, and while the master is down INFO comes once a second.
const PERIODS_MS = [
  ['INFO-PERIOD', 500],
  ['PUBLISH-PERIOD', 200],
  ['ASK-PERIOD', 200],
  ['TILT-PERIOD', 500],
].flat();

// Two sentinels may win an election one after the other: the second failover undoes what looks settled after the first.
const CALM_MS = 600;

function urlOf(sentinels: readonly RedisNode[], password?: string, sentinelPassword?: string): string {
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const user = password === undefined ? '' : `:${password}@`;
  const parameters = sentinelPassword === undefined ? '' : `?sentinelPassword=${sentinelPassword}`;
  return `redis+sentinel://${user}${hosts}/${NAME}${parameters}`;
}
