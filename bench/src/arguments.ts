import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ROWS, type RowName } from './lines.js';
import { FULL, QUICK, type Sizes } from './sizes.js';

export const HELP = `npm run bench -- [options]

Measures Sluice and its peers, in alternation, on servers that it starts.
The exit code is 0 also when goals are missed; the table shows which.

  --quick            less of everything, in about twelve minutes
  --rounds <number>  number of rounds (default 3, quick 2)
  --row <name>       only what this row needs; may be repeated
                     (${ROWS.slice(0, 6).join(', ')},
                     ${ROWS.slice(6, 12).join(', ')},
                     ${ROWS.slice(12).join(', ')})
  --out <folder>     where results.json, table.md and the plots go (default bench/results)
  --help`;

export interface Arguments {
  readonly sizes: Sizes;
  readonly rounds: number;
  readonly rows: readonly RowName[];
  readonly out: string;
}

/**
 * What to measure; `undefined`: show the help.
 * @throws Error that says what is wrong with the arguments
 */
export function parse(args: readonly string[]): Arguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean' },
      rounds: { type: 'string' },
      row: { type: 'string', multiple: true, default: [] },
      out: { type: 'string', default: fileURLToPath(new URL('../results', import.meta.url)) },
    },
  });
  if (values.help) return undefined;
  const sizes = values.quick ? QUICK : FULL;
  const rounds = values.rounds ?? String(sizes.rounds);
  if (!/^[1-9]\d{0,2}$/.test(rounds)) throw new Error('--rounds takes a whole number from 1 to 999.');
  return { sizes, rounds: Number(rounds), rows: values.row.map(rowNamed), out: values.out };
}

function rowNamed(name: string): RowName {
  const row = ROWS.find((each) => each.toLowerCase() === name.toLowerCase().replaceAll('-', ' '));
  if (row === undefined) throw new Error(`--row takes one of: ${ROWS.join(', ')}.`);
  return row;
}
