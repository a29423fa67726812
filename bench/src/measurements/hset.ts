import { costOf } from '../cost.js';
import { setFields } from '../peers/hset.js';
import { RedisMeter } from '../redis-meter.js';
import { warmUpOf } from '../stopwatch.js';
import { distinctPaths } from '../workload.js';

export interface HsetSettings {
  readonly redisPort: number;
  readonly targets: number;
}

/** CPU times are microseconds a target. */
export type HsetFigures = {
  readonly perSecond: number;
  readonly clientMicros: number;
  readonly redisMicros: number;
};

/** Sets the fields that as many targets have in Sluice's hashes. */
export async function run({ redisPort, targets }: HsetSettings): Promise<HsetFigures> {
  await using meter = await RedisMeter.connect(redisPort);
  await setFields(redisPort, distinctPaths(0, warmUpOf(targets), 'warm-up'));
  const paths = distinctPaths(0, targets);
  await meter.empty();
  const { seconds, clientMicros, redisMicros } = await costOf(meter, () => setFields(redisPort, paths));
  return {
    perSecond: targets / seconds,
    clientMicros: clientMicros / targets,
    redisMicros: redisMicros / targets,
  };
}
