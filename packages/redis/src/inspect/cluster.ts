import { SLOTS } from '../slots.js';
import { advice, type FoundHere } from './finding.js';
import { type Look, setting } from './look.js';

export async function clusterFindings(look: Look): Promise<FoundHere[]> {
  if (!look.isCluster) return [];
  const state = String(await look.server.run(async (client) => client.cluster?.('INFO')));
  const served = /^cluster_slots_ok:(\d+)/m.exec(state)?.[1];
  const findings: FoundHere[] = [];
  if (/^cluster_state:(?!ok)/m.test(state) || (served !== undefined && Number(served) < SLOTS)) {
    findings.push(
      advice(
        'cluster',
        `The Redis Cluster serves ${served} of ${SLOTS} slots only: what belongs to the partitions in the others can neither be counted nor applied.`,
      ),
    );
  }
  if ((await setting(look, 'cluster-require-full-coverage')) === 'yes') {
    findings.push(
      advice(
        'cluster',
        'If a node of the Redis Cluster is lost, and no replica takes over, all others refuse to serve, too.',
        'Set: cluster-require-full-coverage no',
      ),
    );
  }
  return findings;
}
