import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FiguresOf, Name, Request, SettingsOf } from './measurements/index.js';

/** Measures in a child process. */
export type Measure = <N extends Name>(name: N, settings: SettingsOf<N>) => Promise<FiguresOf<N>>;

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

/** Each measurement has a child to itself, so that no contestant warms the code or fills the heap of another. */
export async function inNewChild<N extends Name>(name: N, settings: SettingsOf<N>): Promise<FiguresOf<N>> {
  const child = start();
  const figures = await ask(child, name, settings);
  await end(child);
  return figures;
}

/** Children that stay for the next measurement, whatever it is: not fair, but soon done. */
export class KeptChildren implements AsyncDisposable {
  readonly #idle: ChildProcess[] = [];

  async measure<N extends Name>(name: N, settings: SettingsOf<N>): Promise<FiguresOf<N>> {
    const child = this.#idle.pop() ?? start();
    const figures = await ask(child, name, settings);
    this.#idle.push(child);
    return figures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.map(end));
  }
}

function start(): ChildProcess {
  // A profile of the driver is one of its children, too.
  const profiling = process.execArgv.filter((option) => /^--(cpu-prof|trace-gc)/.test(option));
  return fork(CHILD, { execArgv: ['--import', 'tsx', '--expose-gc', ...profiling] });
}

async function ask<N extends Name>(
  child: ChildProcess,
  name: N,
  settings: SettingsOf<N>,
): Promise<FiguresOf<N>> {
  const measured = new AbortController();
  const failed = once(child, 'exit', measured).then(([code, signal]) => {
    throw new Error(
      `Measuring ${name} ${JSON.stringify(settings)} failed: ${signal ?? `exit code ${code}`}.`,
    );
  });
  child.send({ name, settings } satisfies Request);
  const [figures] = (await Promise.race([once(child, 'message'), failed])) as [FiguresOf<N>];
  failed.catch(() => {});
  measured.abort();
  return figures;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}
