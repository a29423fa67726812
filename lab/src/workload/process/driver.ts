import { writeSync } from 'node:fs';
import { REPORTS_FD, type Report } from '../messages.js';

/** Reports to the driver with a synchronous write, so that a SIGKILL that follows cannot take it back. */
export function report(report: Report): void {
  writeSync(REPORTS_FD, `${JSON.stringify(report)}\n`);
}

/** What the driver passed on the command line. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? '') as T;
}
