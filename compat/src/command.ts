import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const LIMIT_MS = 180_000;

/**
 * Runs a command and returns what it printed.
 * @throws Error with all that it printed, when it fails or takes longer than three minutes
 */
export async function command(
  program: string,
  args: readonly string[],
  { cwd, env }: CommandOptions,
): Promise<string> {
  try {
    const { stdout } = await execute(program, args, {
      cwd,
      env: { ...outside(), ...env },
      maxBuffer: 64 * 2 ** 20,
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    return stdout;
  } catch (cause) {
    const { stdout = '', stderr = '', code, signal } = cause as Partial<Record<string, string>>;
    const end = signal === 'SIGKILL' ? `ended after ${LIMIT_MS / 1000} s` : `exit code ${code}`;
    throw new Error(`${program} ${args.join(' ')}: ${end}\n${stdout}${stderr}`.trim(), { cause });
  }
}

/** The environment, without what npm and vitest say of this repository. */
function outside(): NodeJS.ProcessEnv {
  const inherited =
    /^(npm_(package|lifecycle|command|execpath|config_(local|loglevel))|INIT_CWD|VITEST|NODE_(ENV|OPTIONS))/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
}
