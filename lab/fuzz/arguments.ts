import { parseArgs } from 'node:util';
import type { FuzzOptions } from './fuzz.js';

export const HELP = `npm run fuzz -- [options]

Feeds everything that reads text from outside with text that Sluice did not write: what backends store, what servers reply,
URLs; and a Redis server, started for it, of which other programs write to the keys. Nothing may end in anything but a value
of the right shape or a typed error, nor take long. Exit code 0: nothing did.

  --runs <number>    inputs for each decoder (default 20000); a hundredth as many for the Redis server
  --seed <number>    of the inputs (default 1); with the number of runs, it repeats a failure
  --target <text>    only targets whose names have this text
  --help`;

/**
 * What to run; `undefined` for the help.
 * @throws Error that says what is wrong with the arguments
 */
export function parse(args: readonly string[]): FuzzOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      runs: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      target: { type: 'string', default: '' },
    },
  });
  if (values.help) return undefined;
  return {
    runs: integerOf('runs', values.runs),
    seed: integerOf('seed', values.seed),
    target: values.target,
  };
}

function integerOf(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} takes a whole number.`);
  return Number(text);
}
