import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { commandPath, isCommand } from './command-path.js';

/** Whether there is Prometheus's promtool on this machine. */
export const hasPromtool = isCommand('promtool');

/**
 * Runs promtool.
 * @throws Error with what it printed, when it finds a fault
 */
export async function promtool(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(commandPath('promtool'), args);
  return stdout;
}
