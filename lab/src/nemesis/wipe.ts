import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { poll } from '../poll.js';
import { MessageReader } from './resp.js';
import type { System } from './system.js';

/** How long the tape runs until the wipe, at least: it needs the first claims. */
const RECORDED = { everyMs: 20, tries: 100 };
/** As long as a call that was under way may take. */
const CALM_MS = 50;
/** In which every producer writes to every partition, and learns what is lost; so there is something to claim. */
const LEARN_MS = 600;

/**
 * Wipes Redis under load, and lets requests arrive that were sent long before: the first ones, since what they number
 * begins anew.
 */
export async function wipe({ redis, redisProxy, processes, servers }: System): Promise<boolean> {
  const { tape } = redisProxy;
  if (!(await poll(() => tape.of('claim').length >= 10 && tape.of('write').length >= 10, RECORDED)))
    return false;
  return processes.pause('worker', async () => {
    await sleep(CALM_MS);
    const requests = [...tape.of('write'), ...tape.of('claim')];
    const hadData = (await redis.dbsize()) > 0;
    await redis.flushall();
    await sleep(LEARN_MS);
    await send(servers.addresses.redisPort, requests);
    return hadData;
  });
}

/** Sends requests as they are, and waits for the replies. */
async function send(port: number, requests: readonly Buffer[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const replies = new MessageReader();
  let missing = requests.length;
  socket.write(Buffer.concat(requests));
  try {
    while (missing > 0) {
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      missing -= replies.take(bytes.toString('latin1')).length;
    }
  } finally {
    socket.destroy();
  }
}
