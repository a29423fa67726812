import { advice, type FoundHere, unsafe } from './finding.js';
import type { Look } from './look.js';

const REMEDY = 'Set: CONFIG SET maxmemory-policy noeviction';

export function evictionFindings({ info }: Look): FoundHere[] {
  if (!evicts(info)) return [];
  const policy = `maxmemory-policy is ${info.maxmemory_policy}`;
  return [
    Number(info.maxmemory) > 0
      ? unsafe('eviction', `${policy}, so Redis drops pending increments when memory is short.`, REMEDY)
      : advice(
          'eviction',
          `${policy}: as soon as the Redis server has a maxmemory, it drops pending increments when memory is short.`,
          REMEDY,
        ),
  ];
}

export function evicts(info: Look['info']): boolean {
  return info.maxmemory_policy !== undefined && info.maxmemory_policy !== 'noeviction';
}
