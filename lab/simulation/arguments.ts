import { parseArgs } from 'node:util';

export const HELP = `npm run simulate -- [options]

Runs producers and workers in one process and in simulated time, breaks everything around them, and checks that each
increment counts once. A run is drawn from its seed alone, so it can be repeated. Exit code 0: no promise was broken.

  --runs <number>     how many runs, with seeds in a row (default 5000)
  --seed <number>     the first seed (default 1)
  --backend <name>    memory or redis, for which a server is started (default memory)
  --together          disasters may meet in one run: see lab/simulation/README.md
  --trace             prints all that happened in the last run
  --help`;

const BACKENDS = ['memory', 'redis'] as const;

export interface Arguments {
  readonly runs: number;
  readonly seed: number;
  readonly backend: (typeof BACKENDS)[number];
  readonly together: boolean;
  readonly trace: boolean;
}

/**
 * What to run; `undefined` for the help.
 * @throws Error that says what is wrong with the arguments
 */
export function parse(args: readonly string[]): Arguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      runs: { type: 'string', default: '5000' },
      seed: { type: 'string', default: '1' },
      backend: { type: 'string', default: 'memory' },
      together: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const backend = BACKENDS.find((name) => name === values.backend);
  if (backend === undefined) throw new Error(`--backend takes one of: ${BACKENDS.join(', ')}.`);
  const { together, trace } = values;
  return {
    runs: integerOf('runs', values.runs),
    seed: integerOf('seed', values.seed),
    backend,
    together,
    trace,
  };
}

function integerOf(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} takes a whole number.`);
  return Number(text);
}
