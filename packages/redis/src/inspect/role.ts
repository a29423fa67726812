import { type FoundHere, unsafe } from './finding.js';
import type { Look } from './look.js';

export function roleFindings({ info, isCluster }: Look): FoundHere[] {
  const findings: FoundHere[] = [];
  if (info.cluster_enabled === '1' && !isCluster) {
    findings.push(
      unsafe(
        'role',
        'the server is a node of a Redis Cluster, and has some of the keys only.',
        'Use a redis+cluster:// URL, or a Cluster client',
      ),
    );
  }
  if (info.role === 'slave')
    findings.push(unsafe('role', 'the server is a replica.', 'Connect to its master'));
  return findings;
}
