import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FiguresOf, Name, Request, SettingsOf } from './measurements/index.js';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

/** Measures in a process of its own, so that no contestant warms the code or fills the heap of another. */
export async function measure<N extends Name>(name: N, settings: SettingsOf<N>): Promise<FiguresOf<N>> {
  // With the driver's own options, so that a profile of it is one of the children, too.
  const child = fork(CHILD, { execArgv: [...process.execArgv, '--expose-gc'] });
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
