import type { Task } from '@sluice/redis';
import { Command, InvalidArgumentError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { bench } from './commands/bench.js';
import { board } from './commands/board.js';
import { check } from './commands/check.js';
import { type ActOptions, discardDead, listDead, redriveDead, showDead } from './commands/dead.js';
import { drain } from './commands/drain.js';
import { peek } from './commands/peek.js';
import { status } from './commands/status.js';
import { top } from './commands/top.js';
import type { ExitCode } from './exit-code.js';
import type { CommonOptions, Session } from './session.js';

const DEAD_LIMIT = 50;
const ACT_LIMIT = 1000;
const TASKS: readonly Task[] = ['count', 'read', 'apply', 'operate'];

/** Runs a command in a session. */
type Start = (options: CommonOptions, task: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands and their options. */
export function programOf(start: Start): Command {
  const program = new Command('sluice')
    .description('Looks after a Sluice buffer on a Redis: see https://www.npmjs.com/package/@sluice/cli')
    .version(manifest.version)
    .option(
      '--url <url>',
      'the server, as openBuffer() takes it; by default SLUICE_URL, which other users cannot see',
    )
    .option('--json', 'print JSON, one value a line')
    .option('--ca <file>', 'certificates to trust, for a rediss URL')
    .option('--cert <file>', 'certificate of the client')
    .option('--key <file>', 'key of the client')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', '\nExit codes: 0 fine, 1 something is wrong, 2 the command line is wrong.');

  const run = (task: (session: Session) => Promise<ExitCode>): Promise<void> => start(program.opts(), task);

  program
    .command('status')
    .description('partitions: pending, oldest, batch, last error, dead letters')
    .action(() => run(status));
  program
    .command('top')
    .description('the same, live, with rates; in a pipe a line a look')
    .option('--interval <seconds>', 'from one look to the next', positive, 2)
    .option('--count <looks>', 'end after so many', counting, Number.POSITIVE_INFINITY)
    .action((options) => run((session) => top(session, options)));
  program
    .command('peek')
    .description('what is pending, or in flight, for one target')
    .argument('<model>')
    .argument('[filters...]', `path=/docs for texts, or JSON: '{"path":"/docs","id":3}'`)
    .action((model: string, filters: string[]) => run((session) => peek(session, model, filters)));
  program
    .command('check')
    .description('settings, rights, clock, keys, and the tables of a sink: what is wrong, and what to do')
    .addOption(new Option('--for <tasks...>', 'what the user of the URL is for').choices(TASKS))
    .option('--sink <module>', 'a module whose default export is the sink')
    .option('--replicas <number>', 'durability.replicas of your services', counting)
    .option('--replicated-writes', 'their durability.writes is true')
    .action((options) => run((session) => check(session, options)));
  program
    .command('drain')
    .description('apply what is pending now')
    .requiredOption('--sink <module>', 'a module whose default export is the sink')
    .option('--timeout <seconds>', 'how long to wait for batches that fail or that others hold', positive, 60)
    .action((options) => run((session) => drain(session, options)));
  program
    .command('bench')
    .description('measure this server, under a prefix that is removed again')
    .option('--seconds <seconds>', 'how long', positive, 120)
    .action((options) => run((session) => bench(session, options)));
  program
    .command('board')
    .description('serve @sluice/board to this machine')
    .option('--port <port>', '0 for a free one', port, 0)
    .option('--write', 'let who sees the board redrive and discard')
    .action((options) => run((session) => board(session, options)));
  addDead(program, run);
  return program;
}

function addDead(
  program: Command,
  run: (task: (session: Session) => Promise<ExitCode>) => Promise<void>,
): void {
  const dead = program.command('dead').description('dead letters');
  selecting(dead.command('list'), DEAD_LIMIT)
    .description('the oldest of each partition first')
    .action((options) => run((session) => listDead(session, options)));
  dead
    .command('show')
    .description('all that is known of one')
    .argument('<id>')
    .action((id: string) => run((session) => showDead(session, id)));
  selecting(dead.command('redrive'), ACT_LIMIT)
    .description('make them pending again, once the cause is removed')
    .argument('[ids...]')
    .option('--all', 'all of them')
    .action((ids: string[], options: ActOptions) => run((session) => redriveDead(session, ids, options)));
  selecting(dead.command('discard'), ACT_LIMIT)
    .description('delete them for good')
    .argument('[ids...]')
    .option('--all', 'all of them')
    .option('--yes', 'do not ask')
    .action((ids: string[], options: ActOptions) => run((session) => discardDead(session, ids, options)));
}

function selecting(command: Command, limit: number): Command {
  return command
    .option('--partition <number>', 'of one partition', whole)
    .option('--model <name>', 'of one model', some)
    .option('--reason <text>', 'whose reason has this in it', some)
    .option('--limit <number>', 'how many, at most', counting, limit);
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function counting(text: string): number {
  const value = whole(text);
  if (value === 0) throw new InvalidArgumentError('It must be 1 at least.');
  return value;
}

function port(text: string): number {
  const value = whole(text);
  if (value > 65_535) throw new InvalidArgumentError('It must be 65535 at most.');
  return value;
}

/** An empty text, as of a variable that a script has not set, would be in every reason. */
function some(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400))
    throw new InvalidArgumentError('It must be a number above 0, in seconds.');
  return value;
}
