import { parseArgs } from 'node:util';
import { GUARD_NAMES, type GuardName } from './guards/guards.js';
import type { Plan } from './plan.js';
import { PLANS, WITHOUT } from './plans.js';

export const HELP = `npm run lab -- [options]

Runs producers and workers as processes, breaks everything around them, and checks that each increment counts once.
Exit code 0: no drift, and every planned fault fired.

  --long             faults by the thousand, about 20 minutes (the default)
  --short            every fault a few times, within half a minute on an idle machine
  --database <name>  where workers write: postgres (the default), or mariadb, with the faults that concern it
  --redis <name>     where all count: server (the default), cluster, or sentinel, with the faults of failovers
  --without <guard>  removes a guard; exit code 0: drift was found, as it must be
                     (${GUARD_NAMES.join(', ')})
  --seed <number>    another schedule of faults (default 1)
  --help`;

export interface Arguments {
  readonly plan: Plan;
  readonly seed: number;
  readonly without?: GuardName;
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
      long: { type: 'boolean' },
      short: { type: 'boolean' },
      database: { type: 'string', default: 'postgres' },
      redis: { type: 'string', default: 'server' },
      without: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help) return undefined;
  if (!/^\d{1,9}$/.test(values.seed)) throw new Error('--seed takes a whole number.');
  const seed = Number(values.seed);
  if (values.without === undefined) {
    const { database, redis } = values;
    if (database !== 'postgres' && database !== 'mariadb')
      throw new Error('--database takes postgres or mariadb.');
    if (redis !== 'server' && redis !== 'cluster' && redis !== 'sentinel')
      throw new Error('--redis takes server, cluster or sentinel.');
    if (redis !== 'server' && database !== 'postgres') throw new Error('--redis goes with postgres.');
    return { plan: PLANS[redis === 'server' ? database : redis][values.short ? 'short' : 'long'], seed };
  }
  const without = GUARD_NAMES.find((name) => name === values.without?.replaceAll('-', ' '));
  if (without === undefined) throw new Error(`--without takes one of: ${GUARD_NAMES.join(', ')}.`);
  return { plan: WITHOUT[without], seed, without };
}
