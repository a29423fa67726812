import type { Validation } from '@sluice/core';
import { advice, type FoundHere } from './finding.js';
import { type Look, setting } from './look.js';

export async function durabilityOf(look: Look): Promise<Validation['durability']> {
  if (look.info.aof_enabled === '1') {
    const sync = await setting(look, 'appendfsync');
    if (sync === undefined) return 'unknown';
    if (sync !== 'always') return 'recent-loss';
    // While the file is rewritten, the server then does not sync it either.
    return (await setting(look, 'no-appendfsync-on-rewrite')) === 'yes' ? 'recent-loss' : 'every-write';
  }
  const save = await setting(look, 'save');
  if (save === undefined) return 'unknown';
  return save === '' ? 'none' : 'recent-loss';
}

export function persistenceFindings({ info }: Look, durability: Validation['durability']): FoundHere[] {
  return [...durabilityFindings(durability), ...failureFindings(info)];
}

function durabilityFindings(durability: Validation['durability']): FoundHere[] {
  switch (durability) {
    case 'every-write':
      return [];
    case 'recent-loss':
      return [
        advice(
          'persistence',
          'If the Redis server crashes, it forgets its last writes, about a second of them with appendfsync everysec, those during a rewrite of its file with no-appendfsync-on-rewrite yes, or those since its last snapshot without appendonly: increments in them may be lost, and a batch claimed in them may be applied twice.',
          'Set: appendonly yes, appendfsync always, no-appendfsync-on-rewrite no',
        ),
      ];
    case 'none':
      return [
        advice(
          'persistence',
          'If the Redis server restarts, everything pending is lost: it saves nothing to disk.',
          'Set: appendonly yes, appendfsync always',
        ),
      ];
    default:
      return [
        advice(
          'persistence',
          'The persistence settings of the Redis server cannot be read (CONFIG GET is refused), so it is unknown what survives a crash.',
        ),
      ];
  }
}

const FILES = {
  rdb_last_bgsave_status: 'a snapshot',
  aof_last_bgrewrite_status: 'its append-only file anew',
  aof_last_write_status: 'to its append-only file',
} as const;

function failureFindings(info: Look['info']): FoundHere[] {
  return Object.entries(FILES)
    .filter(([name]) => info[name] === 'err')
    .map(([, file]) =>
      advice(
        'persistence',
        `The Redis server failed to write ${file} when it last tried: what it does not write, a crash takes away, and it may refuse writes until it can.`,
        'Look at its log, and at the space and the rights in its folder.',
      ),
    );
}
