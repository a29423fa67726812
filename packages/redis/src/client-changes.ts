import type { RedisClient } from './connection.js';

/** The events of a client whose connection was lost or made anew, or, in a cluster, that of a node. */
const EVENTS = ['close', 'ready', '+node', '-node'];

interface Changes {
  readonly listeners: Set<() => void>;
  readonly onEvent: () => void;
}

const changesOf = /* @__PURE__ */ new WeakMap<RedisClient, Changes>();

/**
 * Calls a listener whenever the connection of a client was lost or made anew. All listeners of a client share one, since
 * Node warns of a leak where there are many.
 * @returns what ends it
 */
export function onChangeOf(client: RedisClient, listener: () => void): () => void {
  const { listeners, onEvent } = changesOf.get(client) ?? listenTo(client);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || changesOf.get(client)?.listeners !== listeners) return;
    changesOf.delete(client);
    for (const event of EVENTS) client.off?.(event, onEvent);
  };
}

function listenTo(client: RedisClient): Changes {
  const listeners = new Set<() => void>();
  const onEvent = (): void => {
    for (const listener of listeners) listener();
  };
  const changes = { listeners, onEvent };
  changesOf.set(client, changes);
  for (const event of EVENTS) client.on?.(event, onEvent);
  return changes;
}
