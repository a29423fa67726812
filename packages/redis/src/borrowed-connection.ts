import calculateSlot from 'cluster-key-slot';
import { nameOf } from './address.js';
import { onChangeOf } from './client-changes.js';
import {
  type Connection,
  type NodeClient,
  type RedisClient,
  type Server,
  singleConnection,
} from './connection.js';
import { exchange } from './exchange.js';

/** A client that the user made, with any settings, and closes. */
export function borrowedConnection(
  client: RedisClient,
  commandTimeoutMs: number,
  onChange: () => void = () => {},
): Connection {
  const stopListening = onChangeOf(client, onChange);
  const connection =
    client.nodes === undefined
      ? singleConnection(borrowedServer(client, commandTimeoutMs, ''))
      : borrowedCluster(client, commandTimeoutMs);
  return {
    ...connection,
    async close() {
      stopListening();
    },
  };
}

function borrowedServer(client: RedisClient, commandTimeoutMs: number, name: string): Server {
  return {
    name,
    run: (command) => exchange(() => command(client), client, commandTimeoutMs),
    close: async () => {},
  };
}

/** A `Cluster` client finds the node by itself; which it is tells what arrives, and what leaves together. */
function borrowedCluster(client: RedisClient, commandTimeoutMs: number): Connection {
  const nodes = (): readonly NodeClient[] => client.nodes?.('master') ?? [];
  const nodeOf = (key: string): string | undefined => client.slots?.[calculateSlot(key)]?.[0];
  const clientOf = (key: string): NodeClient | undefined => {
    const name = nodeOf(key);
    return nodes().find(({ options }) => `${options.host}:${options.port}` === name);
  };
  return {
    isCluster: true,
    run: (key, command) => exchange(() => command(client), clientOf(key) ?? {}, commandTimeoutMs),
    nodeOf,
    async masters() {
      // Until it has connected, the client takes all that it knows of for masters.
      await exchange(() => client.info(), {}, commandTimeoutMs);
      return nodes().map((node) => {
        const { host = '', port = 0 } = node.options;
        return borrowedServer(node, commandTimeoutMs, ` ${nameOf({ host, port })}`);
      });
    },
    close: async () => {},
  };
}
