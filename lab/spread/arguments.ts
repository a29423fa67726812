import { parseArgs } from 'node:util';
import type { SpreadOptions } from './spread.js';

export const HELP = `npm run spread -- [options]

Counts in one process, and applies to PostgreSQL by four worker processes that share a BullMQ queue. One of them is killed
again and again while it applies a batch. Then every row is checked, and how many jobs there were at a time.
Exit code 0: no drift, and never more jobs than partitions.

  --increments <number>  how many increments (default 1000000)
  --kills <number>       how often a worker is killed meanwhile (default 60)
  --seed <number>        for the rows and the moments (default 1)
  --help`;

/**
 * What to run; `undefined` for the help.
 * @throws Error that says what is wrong with the arguments
 */
export function parse(args: readonly string[]): SpreadOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      increments: { type: 'string', default: '1000000' },
      kills: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help) return undefined;
  return {
    increments: integerOf('increments', values.increments),
    kills: integerOf('kills', values.kills),
    seed: integerOf('seed', values.seed),
  };
}

function integerOf(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} takes a whole number.`);
  return Number(text);
}
