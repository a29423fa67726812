import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Command, REPORTS_FD, type Report } from './messages.js';
import type { ProducerSettings, WorkerSettings } from './settings.js';

export type Role = 'producer' | 'worker';

/** How a process ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr. */
  readonly output: string;
}

/** A producer or a worker, as its driver sees it. */
export class WorkloadProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<End>;
  /** A fault is using it; other faults must leave it alone. */
  isBorrowed = false;
  /** It was asked to finish, or is to be killed. */
  mayEnd = false;
  readonly #reports = new EventEmitter();

  constructor(
    readonly role: Role,
    program: string,
    settings: ProducerSettings | WorkerSettings,
    onReport: (report: Report) => void,
  ) {
    this.child = fork(program, [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    });
    createInterface(this.child.stdio[REPORTS_FD] as Readable).on('line', (line) => {
      const report = JSON.parse(line) as Report;
      onReport(report);
      this.#reports.emit('report', report);
    });
    let output = '';
    this.child.stderr?.on('data', (chunk) => {
      output = (output + chunk).slice(-4000);
    });
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code, signal) => {
        resolve({ code, signal, output });
        this.#reports.emit('end');
      }),
    );
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Sends a command. A process that has just ended misses it; the report that the sender waits for does not come. */
  send(command: Command): void {
    if (this.child.connected) this.child.send(command, () => {});
  }

  /** Waits for the next report of a kind; `undefined` if none comes in time or the process ends. */
  nextReport<K extends Report['report']>(
    kind: K,
    withinMs: number,
  ): Promise<Extract<Report, { report: K }> | undefined> {
    return new Promise((resolve) => {
      const settle = (report?: Extract<Report, { report: K }>): void => {
        clearTimeout(timer);
        this.#reports.off('report', receive).off('end', end);
        resolve(report);
      };
      const receive = (report: Report): void => {
        if (report.report === kind) settle(report as Extract<Report, { report: K }>);
      };
      const end = (): void => settle();
      const timer = setTimeout(end, withinMs);
      this.#reports.on('report', receive).on('end', end);
    });
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (this.isRunning) this.child.kill(signal);
  }
}
