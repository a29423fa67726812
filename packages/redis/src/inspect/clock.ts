import { advice, type FoundHere } from './finding.js';
import type { Look } from './look.js';

/** What clocks that are synchronized differ by, at most. */
const TOLERANCE_MS = 2000;

export function clockFindings({ clockSkewMs = 0, clockErrorMs }: Look): FoundHere[] {
  if (Math.abs(clockSkewMs) <= TOLERANCE_MS + clockErrorMs) return [];
  const seconds = Math.round(Math.abs(clockSkewMs) / 1000);
  return [
    advice(
      'clock',
      `The clock of the Redis server is ${seconds} s ${clockSkewMs > 0 ? 'ahead of' : 'behind'} this machine's: ages and times of dead letters are by the one, times that services pass by the other, and a failover may lengthen or cut leases.`,
      'Synchronize both with NTP.',
    ),
  ];
}
