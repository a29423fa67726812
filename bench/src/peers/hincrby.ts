import { Redis } from 'ioredis';
import type { SingleCounter } from '../counter.js';
import { inFlight } from '../in-flight.js';

/*
 * The plainest counter in Redis: `HINCRBY page:<path> views 1`, each one awaited. With `autopipelining`, ioredis
 * sends the commands of a tick together, so that many more in flight pay.
 */

const IN_FLIGHT = 100;
const IN_FLIGHT_AUTOPIPELINING = 300;

export async function openHincrby(port: number, autopipelining: boolean): Promise<SingleCounter> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, enableAutoPipelining: autopipelining });
  await client.connect();
  const limit = autopipelining ? IN_FLIGHT_AUTOPIPELINING : IN_FLIGHT;
  const countOne = (path: string): Promise<number> => client.hincrby(`page:${path}`, 'views', 1);
  return {
    countOne,
    count: (paths) => inFlight(limit, paths, countOne),
    [Symbol.asyncDispose]: async () => void (await client.quit()),
  };
}
