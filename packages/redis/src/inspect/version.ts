import { type FoundHere, unsafe } from './finding.js';
import type { Look } from './look.js';

const OLDEST = [6, 2] as const;

export function versionFindings({ info }: Look): FoundHere[] {
  const [major = 0, minor = 0] = (info.redis_version ?? '').split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return [];
  return [
    unsafe(
      'version',
      `the server is Redis ${info.redis_version ?? 'of unknown version'}.`,
      'Use 6.2 or later',
    ),
  ];
}
