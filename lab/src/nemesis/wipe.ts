import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { poll } from '../poll.js';
import { MessageCounter } from './resp.js';
import type { System } from './system.js';

/** How long the tape runs until the wipe, at least: it needs the first claims. */
const RECORDED = { everyMs: 20, tries: 100 };
/** In which every producer writes to every partition, and learns what is lost. */
const LEARN_MS = 600;

/**
 * Wipes Redis under load, and lets requests arrive that were sent long before: the first ones, since what they number
 * begins anew. Seen in what the producers report as lost.
 */
export async function wipe({ redis, redisProxy, processes, servers }: System): Promise<boolean> {
  const { tape } = redisProxy;
  await poll(() => tape.of('claim').length >= 10 && tape.of('write').length >= 10, RECORDED);
  const reported = (): number => processes.reports.get('lost') ?? 0;
  const before = reported();
  const resent = await processes.pause('worker', async () => {
    await sleep(50);
    const requests = [...tape.of('write'), ...tape.of('claim')];
    await redis.flushall();
    tape.clear();
    // Until the partitions are there again, and have something to claim.
    await sleep(LEARN_MS);
    await send(servers.redisPort, requests);
    return requests.length;
  });
  return resent > 0 && (await poll(() => reported() > before, { everyMs: 20, tries: 100 }));
}

/** Sends requests as they are, and waits for the replies. */
async function send(port: number, requests: readonly Buffer[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const replies = new MessageCounter();
  let missing = requests.length;
  socket.write(Buffer.concat(requests));
  try {
    while (missing > 0) {
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      missing -= replies.take(bytes.toString('latin1'));
    }
  } finally {
    socket.destroy();
  }
}
