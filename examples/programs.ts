import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program of an example that runs. */
export interface Program {
  readonly child: ChildProcess;
  /** Resolves when it says on its error output that it is at work. */
  readonly ready: Promise<unknown>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** The programs that a test has started. */
export class Programs {
  readonly #children = new Set<ChildProcess>();
  readonly #env: Readonly<Record<string, string>>;

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  /** Starts a program of this folder. */
  start(program: string, ...args: string[]): Program {
    const file = fileURLToPath(new URL(program, import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.stderr.pipe(process.stderr, { end: false });
    const ready = once(child.stderr, 'data');
    const exited = once(child, 'exit').then(([code, signal]) => {
      this.#children.delete(child);
      return { code, signal };
    });
    return { child, ready, exited };
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

/** Adds up the lines of page views that workers print until their output ends; calls back when there are this many. */
export async function addUp(
  workers: readonly Program[],
  views: number,
  onApplied: () => void = () => {},
): Promise<Map<string, number>> {
  const pages = new Map<string, number>();
  let total = 0;
  const read = async ({ child }: Program): Promise<void> => {
    if (child.stdout === null) throw new Error('no pipe');
    for await (const line of createInterface({ input: child.stdout })) {
      const page = JSON.parse(line) as { path: string; views: number };
      pages.set(page.path, (pages.get(page.path) ?? 0) + page.views);
      total += page.views;
      if (total >= views) onApplied();
    }
  };
  await Promise.all(workers.map(read));
  return pages;
}
