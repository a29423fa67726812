import type { RedisNode } from './redis-node.js';

/** A slot on its way from one master of a cluster to another. */
export interface SlotMove {
  /** Moves so many keys, if there are as many; resolves with how many it moved. */
  moveKeys(count: number): Promise<number>;
  /** Gives the slot to its new master. */
  finish(): Promise<void>;
}

/** Begins to move a slot: each of the two masters now serves the keys that it has. */
export async function startSlotMove(
  nodes: readonly RedisNode[],
  from: RedisNode,
  to: RedisNode,
  slot: number,
  password: string | undefined,
): Promise<SlotMove> {
  const [fromId, toId] = [await from.call('CLUSTER', 'MYID'), await to.call('CLUSTER', 'MYID')].map(String);
  await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', `${fromId}`);
  await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', `${toId}`);
  const auth = password === undefined ? [] : ['AUTH', password];
  return {
    async moveKeys(count) {
      const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, count)) as string[];
      if (keys.length > 0)
        await from.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, ...auth, 'KEYS', ...keys);
      return keys.length;
    },
    async finish() {
      // The new master first: nobody else may believe that nobody has the slot.
      for (const node of [to, from, ...nodes.filter((other) => other !== to && other !== from)]) {
        // A replica learns it from its master.
        const [role] = (await node.call('ROLE')) as [string];
        if (role === 'master') await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', `${toId}`);
      }
    },
  };
}
