import { costOf } from '../cost.js';
import type { Counter } from '../counter.js';
import { openBullmq } from '../peers/bullmq.js';
import { openHincrby } from '../peers/hincrby.js';
import { openSentry } from '../peers/sentry.js';
import { RedisMeter } from '../redis-meter.js';
import { openSluice, sluiceOnRedis } from '../sluice.js';
import { warmUpOf } from '../stopwatch.js';
import { zipfPaths } from '../workload.js';

const OPEN = {
  sluice: (port: number, lingerMs: number) => openSluice({ backend: sluiceOnRedis(port), lingerMs }),
  sentry: openSentry,
  hincrby: (port: number) => openHincrby(port, false),
  autopipelining: (port: number) => openHincrby(port, true),
  bullmq: openBullmq,
} satisfies Record<string, (port: number, lingerMs: number) => Promise<Counter>>;

export interface CountSettings {
  readonly counter: keyof typeof OPEN;
  readonly redisPort: number;
  readonly increments: number;
  /** For Sluice. */
  readonly lingerMs: number;
}

export type CountFigures = {
  readonly perSecond: number;
  /** CPU seconds of Redis for a million increments. */
  readonly cpuSeconds: number;
  /** CPU time of this process an increment. */
  readonly clientMicros: number;
  readonly longestMs: number;
};

/** Counts views into Redis, hot rows first among them. */
export async function run(settings: CountSettings): Promise<CountFigures> {
  const { counter, redisPort, increments, lingerMs } = settings;
  const open = (): Promise<Counter> => OPEN[counter](redisPort, lingerMs);
  await warmUp(open, increments);

  const paths = zipfPaths(increments);
  await using meter = await RedisMeter.connect(redisPort);
  await meter.empty();
  await using contestant = await open();
  const { seconds, clientMicros, redisMicros } = await costOf(meter, () => contestant.count(paths));
  return {
    perSecond: increments / seconds,
    cpuSeconds: redisMicros / increments,
    clientMicros: clientMicros / increments,
    longestMs: await meter.longestMs(),
  };
}

async function warmUp(open: () => Promise<Counter>, increments: number): Promise<void> {
  await using contestant = await open();
  await contestant.count(zipfPaths(warmUpOf(increments), 'warm-up'));
}
