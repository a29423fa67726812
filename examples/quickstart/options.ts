import { parseArgs } from 'node:util';

export interface Options {
  readonly url: string;
  readonly events: number;
}

/** A command line that cannot be followed. */
export class UsageError extends Error {}

export const HELP = `Replays flights through Sluice into PostgreSQL, and checks every row.

  npm start                                    all 3,000,000 flights, buffered in memory
  npm start -- --events 100000                 only the first ones
  npm start -- --url redis://127.0.0.1:6379    buffered in Redis; or in a Cluster: redis+cluster://a,b,c

  --url <url>     where increments wait: memory: (default), redis://, redis+cluster://, redis+sentinel://, these with rediss for TLS
  --events <n>    how many flights, at most
  --help          this text`;

/** The options of a command line, or `undefined` if it asks for help. @throws UsageError */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { url, events, help } = parse(args);
  if (help) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(events))
    throw new UsageError(`--events must be a whole number from 1, not "${events}".`);
  return { url, events: Number(events) };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      url: { type: 'string', default: 'memory:' },
      events: { type: 'string', default: '3000000' },
      help: { type: 'boolean', short: 'h', default: false },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
