import type { Finding, FoundHere } from './finding.js';

/** One finding for all servers that it is true of. A server that is the only one has no name. */
export function together(found: readonly (readonly [server: string, FoundHere[]])[]): Finding[] {
  const findings = new Map<string, FoundHere & { servers: string[] }>();
  for (const [server, here] of found) {
    for (const one of here) {
      const text = `${one.topic} ${one.problem} ${one.remedy}`;
      const known = findings.get(text) ?? { ...one, servers: [] };
      if (server !== '') known.servers.push(server);
      findings.set(text, known);
    }
  }
  return [...findings.values()];
}
