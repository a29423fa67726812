import { alone, each } from '../lines.js';
import { measure } from '../measure.js';
import type { Scenario } from '../scenario.js';

/** What a worker asks of Redis when there is nothing to do. */
export const idle: Scenario = {
  name: 'idle',
  rows: ['idle'],
  async run({ sizes, redisPort, alternate }) {
    const seconds = sizes.idleSeconds;
    const samples = await alternate({ sluice: () => measure('idle', { redisPort, seconds }) });
    const line = alone({
      row: 'idle',
      workload: `one worker, 64 partitions, ${seconds} s`,
      unit: 'commands/s',
      sluice: each(samples.sluice, 'commandsPerSecond'),
      goal: { atMost: 10 },
    });
    return { lines: [line], samples };
  },
};
