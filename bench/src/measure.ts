import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FiguresOf, Name, Request, SettingsOf } from './measurements/index.js';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

/** Measures in a separate process, so that no contestant warms the code or fills the heap of another. */
export async function measure<N extends Name>(name: N, settings: SettingsOf<N>): Promise<FiguresOf<N>> {
  // A profile of the driver is one of its children, too.
  const profiling = process.execArgv.filter((option) => /^--(cpu-prof|trace-gc)/.test(option));
  const child = fork(CHILD, { execArgv: ['--import', 'tsx', '--expose-gc', ...profiling] });
  const exited = once(child, 'exit');
  const failed = exited.then(([code, signal]) => {
    throw new Error(
      `Measuring ${name} ${JSON.stringify(settings)} failed: ${signal ?? `exit code ${code}`}.`,
    );
  });
  child.send({ name, settings } satisfies Request);
  const [figures] = (await Promise.race([once(child, 'message'), failed])) as [FiguresOf<N>];
  child.disconnect();
  await exited;
  return figures;
}
