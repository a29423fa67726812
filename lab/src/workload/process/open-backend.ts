import type { Backend } from '@sluice/core';
import { redis } from '@sluice/redis';
import { Redis } from 'ioredis';
import { COMMAND_TIMEOUT_MS, type RedisSettings } from '../settings.js';

export function openBackend({ redisUrl, durability, lends }: RedisSettings): Backend {
  const others = { commandTimeoutMs: COMMAND_TIMEOUT_MS, ...(durability && { durability }) };
  return lends ? redis({ client: sentinelClient(redisUrl), ...others }) : redis({ url: redisUrl, ...others });
}

/** Stays with the server that was the master until it loses its connection. */
function sentinelClient(url: string): Redis {
  const [hosts = '', name = ''] = url.replace('redis+sentinel://', '').split('/');
  const sentinels = hosts.split(',').map((address) => {
    const [host = '', port] = address.split(':');
    return { host, port: Number(port) };
  });
  const client = new Redis({
    sentinels,
    name,
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  client.on('error', () => {});
  return client;
}
