import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const HERE = dirname(fileURLToPath(import.meta.url));

/** The programs of pages: their blocks of TypeScript that begin with the name of a file, in a folder. */
export class PagePrograms implements AsyncDisposable {
  /** The pages. */
  readonly text: string;
  readonly #folder: string;
  readonly #children = new Set<ChildProcess>();
  readonly #endedEarly: string[] = [];

  private constructor(text: string, folder: string) {
    this.text = text;
    this.#folder = folder;
  }

  /**
   * @param pages in the order in which they are read: the last program of a name is the one
   * @param edit what a test has to change in the code, such as a port
   */
  static async of(pages: readonly string[], edit = (code: string): string => code): Promise<PagePrograms> {
    const texts = await Promise.all(pages.map((page) => readFile(join(HERE, '../docs', page), 'utf8')));
    const text = texts.join('\n');
    // Below this folder, so that it finds the packages as a reader's program would.
    const folder = await mkdtemp(join(HERE, 'readme-'));
    for (const [, code = '', name = ''] of text.matchAll(/```ts\n(\/\/ (\w+\.ts)\n[\s\S]*?)```/g))
      await writeFile(join(folder, name), edit(code));
    return new PagePrograms(text, folder);
  }

  /** A path in the folder of the programs. */
  path(file: string): string {
    return join(this.#folder, file);
  }

  /** Runs a program to its end; returns what it printed. */
  async run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', ...args], {
      cwd: this.#folder,
      env: { ...process.env, ...env },
    });
    return stdout;
  }

  start(args: readonly string[], env: Readonly<Record<string, string>>): RunningProgram {
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
      cwd: this.#folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.add(child);
    const lines = createInterface({ input: child.stdout });
    const onExit = (code: number | null): void => void this.#endedEarly.push(`${args.join(' ')}: ${code}`);
    child.once('exit', onExit);
    return {
      line: async () => String((await once(lines, 'line'))[0]),
      async stop(signal) {
        child.off('exit', onExit);
        const exit = once(child, 'exit');
        child.kill(signal);
        return (await exit)[0];
      },
    };
  }

  /** @throws Error if a program ended that nobody stopped */
  async [Symbol.asyncDispose](): Promise<void> {
    const endedEarly = [...this.#endedEarly];
    for (const child of this.#children) child.kill('SIGKILL');
    await rm(this.#folder, { recursive: true });
    if (endedEarly.length > 0) throw new Error(`Ended though nobody stopped it: ${endedEarly.join(', ')}`);
  }
}

export interface RunningProgram {
  /** The next line that it prints. */
  line(): Promise<string>;
  /** Resolves with its exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}
