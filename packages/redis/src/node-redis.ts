import { InvalidInputError } from '@sluice/core';
import type { NodeClient, RedisClient } from './connection.js';
import { firstReply } from './first-reply.js';

interface Emitter {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** What {@link nodeRedis} needs of a client that `createClient` of `redis` made. */
export interface NodeRedisClient extends Emitter {
  withTypeMapping(mapping: object): {
    sendCommand(words: readonly string[]): Promise<unknown>;
    multi(): { addCommand(words: string[]): unknown; execAsPipeline(): Promise<unknown> };
  };
}

/** What {@link nodeRedis} needs of a client that `createCluster` of `redis` made. */
export interface NodeRedisCluster extends Emitter {
  readonly masters: readonly NodeRedisMaster[];
  nodeClient(node: never): unknown;
  withTypeMapping(mapping: object): {
    sendCommand(firstKey: string, isReadonly: boolean, words: string[]): Promise<unknown>;
  };
}

/** What {@link nodeRedis} needs of a client that `createSentinel` of `redis` made. */
export interface NodeRedisSentinel extends Emitter {
  acquire(): unknown;
  withTypeMapping(mapping: object): {
    sendCommand(isReadonly: boolean, words: string[]): Promise<unknown>;
    multi(): {
      addCommand(isReadonly: boolean, words: string[]): unknown;
      execAsPipeline(): Promise<unknown>;
    };
  };
}

interface NodeRedisMaster {
  readonly host: string;
  readonly port: number;
}

/**
 * A client of `redis` (node-redis), of one server, of a master under sentinels, or of a Redis Cluster, for `redis({ client })`.
 * It is never closed. It must be connected, by its `connect()`. A reply must be there within `commandTimeoutMs`, however large
 * it is. The option `durability` takes any but a client of a cluster.
 * @throws InvalidInputError if it is none of these
 */
export function nodeRedis(client: NodeRedisClient | NodeRedisSentinel | NodeRedisCluster): RedisClient {
  if (typeof Object(client).withTypeMapping !== 'function')
    throw new InvalidInputError(
      'ERR_SLUICE_INVALID_OPTION',
      'nodeRedis() takes a client that createClient(), createSentinel() or createCluster() of redis 5 or 6 made.',
    );
  const known = wrapped.get(client) ?? wrap(client);
  wrapped.set(client, known);
  return known;
}

// Backends that share a client share its listeners, too.
const wrapped = /* @__PURE__ */ new WeakMap<object, RedisClient>();

function wrap(client: NodeRedisClient | NodeRedisSentinel | NodeRedisCluster): RedisClient {
  if ('nodeClient' in client) return clusterClient(client);
  return 'acquire' in client ? sentinelClient(client) : serverClient(client);
}

type Send = (words: string[], key: string) => Promise<unknown>;

function serverClient(client: NodeRedisClient): RedisClient {
  // Whatever the client makes of replies otherwise, such as buffers.
  const plain = client.withTypeMapping({});
  return {
    ...commandsOf((words) => plain.sendCommand(words)),
    ...eventsOf(client),
    pipeline: pipelineOf((commands) => {
      const pipeline = plain.multi();
      for (const words of commands) pipeline.addCommand(words);
      return pipeline.execAsPipeline();
    }),
  };
}

function sentinelClient(sentinel: NodeRedisSentinel): RedisClient {
  const plain = sentinel.withTypeMapping({});
  return {
    ...commandsOf((words) => plain.sendCommand(false, words)),
    ...eventsOf(sentinel),
    pipeline: pipelineOf((commands) => {
      const pipeline = plain.multi();
      for (const words of commands) pipeline.addCommand(false, words);
      return pipeline.execAsPipeline();
    }),
  };
}

function clusterClient(cluster: NodeRedisCluster): RedisClient {
  const plain = cluster.withTypeMapping({});
  const nodes = (): NodeClient[] => cluster.masters.map((master) => nodeClient(cluster, master));
  return {
    ...commandsOf((words, key) => plain.sendCommand(key, false, words)),
    ...eventsOf(cluster),
    async info() {
      const found = nodes();
      if (found.length === 0) throw new Error('The client is closed');
      return firstReply(found.map((node) => node.info()));
    },
    nodes,
  };
}

function nodeClient(cluster: NodeRedisCluster, master: NodeRedisMaster): NodeClient {
  const send: Send = async (words) => {
    const client = (await cluster.nodeClient(master as never)) as NodeRedisClient;
    return client.withTypeMapping({}).sendCommand(words);
  };
  return { ...commandsOf(send), options: master };
}

function pipelineOf(run: (commands: string[][]) => Promise<unknown>): Required<RedisClient>['pipeline'] {
  return (commands) => ({
    async exec() {
      const replies = (await run(commands.map((words) => words.map(String))).catch(rethrow)) as unknown[];
      return replies.map((reply) => [null, named(reply)]);
    },
  });
}

function commandsOf(send: Send): RedisClient {
  const call = <T>(words: unknown[], key = ''): Promise<T> =>
    send(words.map(String), key).then(named, rethrow) as Promise<T>;
  return {
    evalsha: (sha1, keys, ...words) => call(['EVALSHA', sha1, keys, ...words], words[0]),
    eval: (source, keys, ...words) => call(['EVAL', source, keys, ...words], words[0]),
    sadd: (key, member) => call(['SADD', key, member], key),
    smembers: async (key) => [...(await call<Iterable<string>>(['SMEMBERS', key], key))],
    exists: (...keys) => call(['EXISTS', ...keys], keys[0]),
    info: () => call(['INFO']),
    config: async (subcommand, setting) => {
      const reply = await call<object>(['CONFIG', subcommand, setting]);
      // A map, in RESP3.
      return Array.isArray(reply) ? reply : Object.entries(reply).flat();
    },
    cluster: (subcommand) => call(['CLUSTER', subcommand]),
  };
}

/** By the events that the backend listens to, those of node-redis. */
const EVENTS: Readonly<Record<string, readonly string[]>> = {
  close: ['reconnecting', 'end'],
  // A client of sentinels says nothing else of a new master.
  ready: ['ready', 'topology-change'],
  '+node': ['node-ready'],
  '-node': ['node-reconnecting', 'node-disconnect'],
};

function eventsOf(client: Emitter): Required<Pick<RedisClient, 'on' | 'off'>> {
  const each = (method: 'on' | 'off') => (event: string, listener: () => void) => {
    for (const name of EVENTS[event] ?? []) client[method](name, listener);
  };
  return { on: each('on'), off: each('off') };
}

// Error replies begin with a word in capitals, and errors of node-redis itself do not. Names of classes may be minified.
const REPLY = /^[A-Z]{3,}\b/;

function rethrow(error: unknown): never {
  const { message, code } = Object(error) as { message?: unknown; code?: unknown };
  throw code === undefined && REPLY.test(String(message)) ? named(error) : error;
}

/** A reply in which errors have the name that the backend knows them by. */
function named(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(named);
  return reply instanceof Error
    ? Object.assign(new Error(reply.message, { cause: reply }), { name: 'ReplyError' })
    : reply;
}
