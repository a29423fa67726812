import type { RedisMeter } from './redis-meter.js';
import { cpuMicrosOf, secondsOf } from './stopwatch.js';

/** What work takes: time, and CPU time of this process and of Redis. */
export interface Cost {
  readonly seconds: number;
  readonly clientMicros: number;
  readonly redisMicros: number;
}

/** Does the work, and measures it. */
export async function costOf(meter: RedisMeter, work: () => Promise<unknown>): Promise<Cost> {
  const before = await meter.cpuSeconds();
  let clientMicros = 0;
  const seconds = await secondsOf(async () => {
    clientMicros = await cpuMicrosOf(work);
  });
  return { seconds, clientMicros, redisMicros: ((await meter.cpuSeconds()) - before) * 1e6 };
}
