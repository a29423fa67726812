import { Queue } from 'bullmq';
import type { Counter } from '../counter.js';
import { inFlight } from '../in-flight.js';

/* A queue with a job an increment. */

const IN_FLIGHT = 100;

export async function openBullmq(port: number): Promise<Counter> {
  const queue = new Queue<{ path: string; views: number }>('views', {
    connection: { host: '127.0.0.1', port },
  });
  await queue.waitUntilReady();
  return {
    count: (paths) => inFlight(IN_FLIGHT, paths, (path) => queue.add('incr', { path, views: 1 })),
    [Symbol.asyncDispose]: () => queue.close(),
  };
}
