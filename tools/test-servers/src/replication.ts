import { infoOf, type RedisNode } from './redis-node.js';

/**
 * Whether a replica is linked to its master, and has all that the master had when this was called. That a link is up does
 * not say so: what was written a moment ago may still be on its way.
 */
export async function hasCaughtUp(replica: RedisNode, nodes: readonly RedisNode[]): Promise<boolean> {
  const masterPort = await infoOf(replica, 'replication', 'master_port');
  const master = nodes.find(({ port }) => `${port}` === masterPort);
  if (master === undefined) return false;
  const written = Number(await infoOf(master, 'replication', 'master_repl_offset'));
  return (
    (await infoOf(replica, 'replication', 'master_link_status')) === 'up' &&
    Number(await infoOf(replica, 'replication', 'slave_repl_offset')) >= written
  );
}
