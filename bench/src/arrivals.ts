import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { seededRandom } from '@sluice/testing';

/** When increments are due: milliseconds since the start, at random as requests come (Poisson), the same for the same seed. */
export function poissonTimes(perSecond: number, seconds: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const times: number[] = [];
  const gap = (): number => (-Math.log(1 - random()) * 1000) / perSecond;
  for (let at = gap(); at < seconds * 1000; at += gap()) times.push(at);
  return Float64Array.from(times);
}

/** Milliseconds since 1970, with fractions: the same in all processes and threads. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Calls `onDue` once for each of the times, in order, whether earlier calls have ended or not. A thread that sleeps in
 * between wakes this one: a timer would gather what is due within a millisecond, and turning the event loop until then
 * would hide what the work takes of the CPU.
 */
export async function arrive(
  times: Float64Array,
  startAt: number,
  onDue: (i: number) => void,
): Promise<void> {
  const clock = new Worker(new URL('clock-thread.mjs', import.meta.url), {
    execArgv: [],
    workerData: { times, startAt },
  });
  let next = 0;
  clock.on('message', (due: number) => {
    while (next < due) {
      onDue(next);
      next += 1;
    }
  });
  await once(clock, 'exit');
  if (next < times.length) throw new Error(`The clock stopped after ${next} increments of ${times.length}.`);
}
