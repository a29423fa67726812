import { type RedisBenchmark, redisBenchmark } from '../peers/redis-benchmark.js';
import { RedisMeter } from '../redis-meter.js';

export type RedisBenchmarkFigures = {
  readonly perSecond: number;
  /** CPU seconds of Redis for a million requests. */
  readonly cpuSeconds: number;
};

/** Runs `redis-benchmark` on an empty server. */
export async function run(settings: RedisBenchmark): Promise<RedisBenchmarkFigures> {
  await using meter = await RedisMeter.connect(settings.port);
  await meter.empty();
  const cpuBefore = await meter.cpuSeconds();
  const perSecond = await redisBenchmark(settings);
  const cpuSeconds = (await meter.cpuSeconds()) - cpuBefore;
  return { perSecond, cpuSeconds: (cpuSeconds / settings.requests) * 1e6 };
}
