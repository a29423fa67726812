import type { Validation } from '@sluice/core';
import type { Connection } from '../connection.js';
import type { Durability } from '../durability.js';
import { clockFindings } from './clock.js';
import { clusterFindings } from './cluster.js';
import { evictionFindings } from './eviction.js';
import type { Finding } from './finding.js';
import { type Look, lookAt } from './look.js';
import { memoryFindings } from './memory.js';
import { durabilityOf, persistenceFindings } from './persistence.js';
import { replicaFindings } from './replicas.js';
import { roleFindings } from './role.js';
import { together } from './together.js';
import { versionFindings } from './version.js';

/** What the settings of all masters are. */
export interface Settings {
  readonly durability: Validation['durability'];
  readonly versions: readonly string[];
  readonly findings: readonly Finding[];
}

// From the weakest to the strongest.
const DURABILITIES = ['none', 'unknown', 'recent-loss', 'every-write'] as const;

/** Looks at the settings of all masters. */
export async function settingsOf(
  connection: Connection,
  durability: Durability | undefined,
): Promise<Settings> {
  const surroundings = { isCluster: connection.isCluster, durability };
  const masters = await connection.masters();
  const seen = await Promise.all(masters.map(async (server) => examine(await lookAt(server, surroundings))));
  return {
    durability: DURABILITIES.find((each) => seen.some(({ durability }) => durability === each)) ?? 'unknown',
    versions: [...new Set(seen.map(({ version }) => version))],
    findings: together(seen.map(({ found }, i) => [masters[i]?.name.trim() ?? '', found])),
  };
}

async function examine(look: Look) {
  const durability = await durabilityOf(look);
  const found = [
    ...versionFindings(look),
    ...roleFindings(look),
    ...evictionFindings(look),
    ...memoryFindings(look),
    ...persistenceFindings(look, durability),
    ...(await replicaFindings(look)),
    ...(await clusterFindings(look)),
    ...clockFindings(look),
  ];
  return { durability, version: look.info.redis_version ?? 'unknown', found };
}
