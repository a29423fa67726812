import { alone, compare, each } from '../lines.js';
import type { Scenario } from '../scenario.js';

/** What workers ask of Redis when there is nothing for them to do. */
export const idle: Scenario = {
  name: 'idle',
  rows: ['idle'],
  async run({ sizes, redisPort, measure, alternate }) {
    const seconds = sizes.idleSeconds;
    const samples = await alternate({
      sluice: () => measure('idle', { redisPort, seconds }),
      busy: () => measure('polls', { redisPort, seconds, busy: true }),
      empty: () => measure('polls', { redisPort, seconds, busy: false }),
    });
    const commands = alone({
      row: 'idle',
      workload: `one worker, 64 partitions, ${seconds} s`,
      unit: 'commands/s',
      sluice: each(samples.sluice, 'commandsPerSecond'),
      goal: { atMost: 10 },
    });
    const polls = compare(
      {
        row: 'idle',
        workload: `10 workers, 10 rounds a second, behind the largest batches in 8 partitions: Redis CPU, ${seconds} s`,
        unit: 'cores',
        sluice: each(samples.busy, 'cpuShare'),
      },
      'the same with nothing pending',
      each(samples.empty, 'cpuShare'),
    );
    return { lines: [commands, polls], samples };
  },
};
