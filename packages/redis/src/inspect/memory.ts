import { evicts } from './eviction.js';
import { advice, type FoundHere } from './finding.js';
import type { Look } from './look.js';

/** The share of maxmemory that is spoken of. */
const NEARLY_FULL = 0.9;

export function memoryFindings({ info }: Look): FoundHere[] {
  const share = Number(info.used_memory) / Number(info.maxmemory);
  if (!(share >= NEARLY_FULL) || !Number.isFinite(share) || evicts(info)) return [];
  return [
    advice(
      'memory',
      share < 1
        ? `The Redis server uses ${Math.floor(share * 100)} % of its maxmemory: once that is full, increments are refused.`
        : 'The Redis server has used up its maxmemory: increments are refused, and wait in the processes.',
      'Run more workers, look at what else is in there, or raise maxmemory.',
    ),
  ];
}
