import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SLUICE = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));

/** What a program writes when it leaves the screen that it had to itself. */
const LEAVE_SCREEN = '\u001b[?1049l';

/**
 * Runs `sluice …` on a terminal of this size, by util-linux's `script`; returns what it wrote, up to where it gave the
 * screen back.
 */
export async function outputOf(
  command: string,
  { columns, rows }: { readonly columns: number; readonly rows: number },
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const program = command.replace(/^sluice/, `'${process.execPath}' '${SLUICE}'`);
  const { stdout } = await promisify(execFile)(
    'script',
    ['--quiet', '--return', '--command', `stty cols ${columns} rows ${rows}; ${program}`, '/dev/null'],
    { env: { ...inherited, TERM: 'xterm-256color', ...env }, maxBuffer: 2 ** 26 },
  );
  return stdout.split(LEAVE_SCREEN)[0] ?? '';
}
