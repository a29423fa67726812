import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { onExit } from 'signal-exit';

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  /** What the log says when the server takes connections. */
  readonly ready: string;
  /** Ends the server when this process ends first. */
  readonly deathSignal: NodeJS.Signals;
  readonly cwd: string;
  /** How long the server may take to be ready, in milliseconds; 25 s if absent. */
  readonly limitMs?: number;
  readonly uid?: number;
  readonly gid?: number;
}

// Less than a hook of a test may take: who waits in a hook gets the server's log, not the hook's timeout.
export const LIMIT_MS = 25_000;

/**
 * Starts a server that lives no longer than this process, and waits until it is ready.
 * @throws Error with the end of its log, when it cannot be started, ends, or is not ready in time
 */
export async function launch(options: Launch): Promise<ChildProcess> {
  const { program, args, ready, deathSignal, limitMs = LIMIT_MS, ...others } = options;
  const server = spawn(program, args, { ...others, stdio: ['ignore', 'pipe', 'pipe'] });
  const forget = onExit(() => void server.kill(deathSignal));
  server.once('exit', forget);
  let log = '';
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = server.kill('SIGKILL');
  }, limitMs);
  try {
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        log += chunk;
        if (log.includes(ready)) resolve();
      };
      server.stdout.on('data', read);
      server.stderr.on('data', read);
      server.once('error', reject);
      server.once('close', (code, signal) => {
        const how = isLate ? `was not ready after ${limitMs} ms` : `ended with ${signal ?? `code ${code}`}`;
        reject(new Error(`it ${how}`));
      });
    });
  } catch (cause) {
    forget();
    throw new Error(`${basename(program)} did not start: ${reasonOf(cause)}\n${log.slice(-1500)}`.trimEnd(), {
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
  server.stdout.removeAllListeners('data').resume();
  server.stderr.removeAllListeners('data').resume();
  return server;
}

/** Ends a server, unless it has ended, and waits until it is gone. */
export async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  server.kill(signal);
  await gone;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
