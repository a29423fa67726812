import type { Durability } from '../durability.js';
import { advice, type FoundHere } from './finding.js';
import { type Look, setting } from './look.js';

/** Replication is asynchronous, whatever min-replicas-to-write says: that only refuses writes when replicas are missing. */
export async function replicaFindings(look: Look): Promise<FoundHere[]> {
  return [...countFindings(look), ...(await refusalFindings(look))];
}

function countFindings({ info, durability }: Look): FoundHere[] {
  const replicas = Number(info.connected_slaves ?? 0);
  if (durability !== undefined && replicas !== durability.replicas) return [wrongCount(replicas, durability)];
  if (replicas === 0) return [];
  const findings = failoverFindings(replicas, durability);
  // INFO has this line only where min-replicas-to-write is set.
  if (info.min_slaves_good_slaves === undefined) {
    findings.push(
      advice(
        'replicas',
        'A master that has lost sight of its replicas, one of which has taken over, goes on to take writes, which are lost.',
        'Set: min-replicas-to-write 1',
      ),
    );
  }
  return findings;
}

function wrongCount(replicas: number, durability: Durability): FoundHere {
  return replicas < durability.replicas
    ? advice(
        'replicas',
        `The Redis server has ${replicas} of the ${durability.replicas} replicas of durability.replicas: until all are there, nothing is applied${durability.writes ? ', and no increment resolves' : ''}.`,
      )
    : advice(
        'replicas',
        `The Redis server has ${replicas} replicas, of which calls wait for ${durability.replicas}: one that lacks a claim may take over, and then its batch is applied twice.`,
        `Set durability.replicas to ${replicas}.`,
      );
}

function failoverFindings(replicas: number, durability: Durability | undefined): FoundHere[] {
  if (durability?.writes) return [];
  const forgotten = `The Redis server has replicas (${replicas}): a failover to one forgets the writes that had not reached it, also those that the server has on disk. Increments in them are lost, unless their process still runs, and sends them again.`;
  return [
    durability === undefined
      ? advice(
          'replicas',
          forgotten,
          'A batch claimed in them may be applied twice: see the option durability.',
        )
      : advice(
          'replicas',
          forgotten,
          'To have them on the replicas before they resolve, set durability.writes.',
        ),
  ];
}

async function refusalFindings(look: Look): Promise<FoundHere[]> {
  if (look.info.min_slaves_good_slaves === undefined) return [];
  const good = goodReplicas(look.info);
  const least = await setting(look, 'min-replicas-to-write');
  if (least === undefined || good >= Number(least)) return [];
  return [
    advice(
      'replicas',
      `The Redis server refuses all writes: it sees ${good} good replicas, and min-replicas-to-write is ${least}.`,
      'Look at its replicas: INFO replication.',
    ),
  ];
}

/** The server counts them once a second, and not before it is set to; what it knows of each is newer. */
function goodReplicas(info: Look['info']): number {
  const online = Object.entries(info).filter(
    ([name, state]) => /^slave\d+$/.test(name) && /state=online,.*lag=[01]\b/.test(state),
  );
  return Math.max(online.length, Number(info.min_slaves_good_slaves));
}
