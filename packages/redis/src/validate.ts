import { BackendError, SluiceError, type Validation } from '@sluice/core';
import type { Connection } from './connection.js';
import { isReply, notRedis } from './errors.js';

const OLDEST_VERSION = [6, 2] as const;

/**
 * Looks at a server's settings.
 * @throws SluiceError `ERR_SLUICE_UNSAFE_BACKEND` with the setting to change
 */
export async function validateServer(connection: Connection): Promise<Validation> {
  const text: unknown = await connection.run((client) => client.info());
  if (typeof text !== 'string') throw notRedis('INFO should reply with text, and does not');
  const info = parseInfo(text);
  refuseUnsafe(info);
  const durability = await durabilityOf(info, connection);
  return {
    durability,
    advice: [...evictionAdvice(info), ...durabilityAdvice(durability), ...replicaAdvice(info)],
  };
}

type Info = Readonly<Record<string, string>>;

function parseInfo(text: string): Info {
  const lines = text.split(/\r?\n/).map((line) => line.split(':') as [string, ...string[]]);
  return Object.fromEntries(lines.map(([name, ...value]) => [name, value.join(':')]));
}

function refuseUnsafe(info: Info): void {
  const [major = 0, minor = 0] = (info.redis_version ?? '').split('.').map(Number);
  if (major < OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor < OLDEST_VERSION[1])) {
    throw unsafe(`the server is Redis ${info.redis_version ?? 'of unknown version'}. Use 6.2 or later`);
  }
  if (info.cluster_enabled === '1') {
    throw unsafe(
      'the server is a node of a Redis Cluster, which this version does not support. Use a single server',
    );
  }
  if (info.role === 'slave') throw unsafe('the server is a replica. Connect to its master');
  if (evicts(info) && Number(info.maxmemory) > 0) {
    throw unsafe(
      `maxmemory-policy is ${info.maxmemory_policy}, so Redis drops pending increments when memory is short. Set: CONFIG SET maxmemory-policy noeviction`,
    );
  }
}

function evicts(info: Info): boolean {
  return info.maxmemory_policy !== undefined && info.maxmemory_policy !== 'noeviction';
}

async function durabilityOf(info: Info, connection: Connection): Promise<Validation['durability']> {
  if (info.aof_enabled === '1') {
    if ((await setting(connection, 'appendfsync')) !== 'always') return 'recent-loss';
    // While the file is rewritten, the server then does not sync it either.
    return (await setting(connection, 'no-appendfsync-on-rewrite')) === 'yes' ? 'recent-loss' : 'every-write';
  }
  const save = await setting(connection, 'save');
  if (save === undefined) return 'unknown';
  return save === '' ? 'none' : 'recent-loss';
}

/** A server's setting, or `undefined` where the user may not read it. */
async function setting(connection: Connection, name: string): Promise<string | undefined> {
  try {
    const reply = (await connection.run((client) => client.config('GET', name))) as
      | string[]
      | Record<string, string>;
    return Array.isArray(reply) ? reply[1] : reply[name];
  } catch (error) {
    // Managed servers hide CONFIG, in words of their own; what it would say is then unknown.
    if (error instanceof BackendError && isReply(error.cause)) return undefined;
    throw error;
  }
}

function evictionAdvice(info: Info): string[] {
  if (!evicts(info)) return [];
  return [
    `maxmemory-policy is ${info.maxmemory_policy}: as soon as the Redis server has a maxmemory, it drops pending increments when memory is short. Set: CONFIG SET maxmemory-policy noeviction`,
  ];
}

function durabilityAdvice(durability: Validation['durability']): string[] {
  switch (durability) {
    case 'every-write':
      return [];
    case 'recent-loss':
      return [
        'If the Redis server crashes, it forgets its last writes, about a second of them with appendfsync everysec, those during a rewrite of its file with no-appendfsync-on-rewrite yes, or those since its last snapshot without appendonly: increments in them may be lost, and a batch claimed in them may be applied twice. Set: appendonly yes, appendfsync always, no-appendfsync-on-rewrite no',
      ];
    case 'none':
      return [
        'If the Redis server restarts, everything pending is lost: it saves nothing to disk. Set: appendonly yes, appendfsync always',
      ];
    default:
      return [
        'The persistence settings of the Redis server cannot be read (CONFIG GET is refused), so it is unknown what survives a crash.',
      ];
  }
}

/** Replication is asynchronous, whatever min-replicas-to-write says: that only refuses writes when replicas are missing. */
function replicaAdvice(info: Info): string[] {
  if (!(Number(info.connected_slaves) > 0)) return [];
  return [
    `The Redis server has replicas (${info.connected_slaves}): a failover to one forgets the writes that had not reached it, also those that the server has on disk. Increments in them are lost, and a batch settled in them may be applied twice.`,
  ];
}

function unsafe(problem: string): SluiceError {
  return new SluiceError('ERR_SLUICE_UNSAFE_BACKEND', `Redis cannot keep what is pending: ${problem}.`);
}
