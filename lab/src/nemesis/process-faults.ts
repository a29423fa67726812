import { setTimeout as sleep } from 'node:timers/promises';
import { poll } from '../poll.js';
import {
  type Failpoint,
  PRODUCER_FAILPOINTS,
  STALL_FAILPOINTS,
  WORKER_FAILPOINTS,
} from '../workload/failpoints.js';
import type { ProcessPool } from '../workload/process-pool.js';
import type { Role } from '../workload/workload-process.js';
import { forEach } from './faults.js';
import { terminateBackends } from './postgres-faults.js';
import { forgetRecords } from './records.js';
import { type Injection, PATIENCE_MS, type System } from './system.js';

/** How long clones count side by side. */
const CLONED_MS = 400;

/** Processes that are killed or stopped at a failpoint. */
export function processFaults(system: System) {
  const { processes } = system;
  return {
    ...forEach('producer killed', PRODUCER_FAILPOINTS, (point) => killAt(processes, 'producer', point)),
    ...forEach('worker killed', WORKER_FAILPOINTS, (point) => killAt(processes, 'worker', point)),
    ...forEach('worker stalled', STALL_FAILPOINTS, (point) => stallAt(processes, point)),
    'worker stalled, others fail as it wakes': stallAt(processes, 'after commit', () =>
      terminateBackends(system),
    ),
    'producer suspended, its record forgotten': suspend(processes, () => forgetRecords(system)),
    'producers cloned': () => clone(processes),
    'batch unknown to the old release': () => meetUnknown(processes),
  };
}

function killAt(processes: ProcessPool, role: Role, failpoint: Failpoint): Injection {
  return (random) =>
    processes.borrow(role, random, async (process) => {
      process.mayEnd = true;
      const stopping = process.nextReport('stopping', PATIENCE_MS);
      process.send({ command: 'stop at', failpoint, by: 'SIGKILL' });
      if ((await stopping) === undefined) {
        process.send({ command: 'continue' });
        return false;
      }
      return (await process.ended).signal === 'SIGKILL';
    });
}

/** Stops a worker until its lease has run out. */
function stallAt(processes: ProcessPool, failpoint: Failpoint, onWake?: () => Promise<unknown>): Injection {
  return (random) =>
    processes.borrow('worker', random, async (process) => {
      const { leaseMs } = processes.options;
      try {
        const stopping = process.nextReport('stopping', PATIENCE_MS);
        process.send({ command: 'stop at', failpoint, by: 'SIGSTOP' });
        if ((await stopping) === undefined) return false;
        await sleep(2 * leaseMs);
        const resumed = process.nextReport('resumed', PATIENCE_MS);
        process.signal('SIGCONT');
        await onWake?.();
        return ((await resumed)?.afterMs ?? 0) > leaseMs;
      } finally {
        process.send({ command: 'continue' });
        process.signal('SIGCONT');
      }
    });
}

/** Stops a producer while something happens that it must not need to know. */
function suspend(processes: ProcessPool, meanwhile: () => Promise<boolean>): Injection {
  return (random) =>
    processes.borrow('producer', random, async (process) => {
      try {
        const stopping = process.nextReport('stopping', PATIENCE_MS);
        process.send({ command: 'stop at', failpoint: 'before send', by: 'SIGSTOP' });
        if ((await stopping) === undefined) return false;
        const happened = await meanwhile();
        const resumed = process.nextReport('resumed', PATIENCE_MS);
        process.signal('SIGCONT');
        return (await resumed) !== undefined && happened;
      } finally {
        process.send({ command: 'continue' });
        process.signal('SIGCONT');
      }
    });
}

/** Two processes with one state: seen in the name of a sequence that both have begun. */
function clone(processes: ProcessPool): Promise<boolean> {
  return processes.clone(async (clones) => {
    const begun = await Promise.all(clones.map((each) => each.nextReport('sequence begun', PATIENCE_MS)));
    await sleep(CLONED_MS);
    const [first, second] = begun.map((report) => report?.name);
    return first !== undefined && first === second;
  });
}

/** Waits until a worker of the old release has met a name that it does not know. Another one has to apply the batch. */
function meetUnknown({ reports }: ProcessPool): Promise<boolean> {
  const met = (): number => reports.get('unknown name') ?? 0;
  const before = met();
  return poll(() => met() > before, { everyMs: 20, tries: 250 });
}
