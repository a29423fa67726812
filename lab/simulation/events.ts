import * as nemesis from './nemesis.js';
import type { EventName } from './plan.js';
import * as use from './use.js';
import type { World } from './world.js';

/** Makes an event happen. */
export const HAPPENS: Readonly<Record<EventName, (world: World) => void | Promise<void>>> = {
  count: use.count,
  work: use.work,
  flush: use.flush,
  read: use.read,
  redrive: (world) => use.resolveLetters(world, 'redrive'),
  discard: (world) => use.resolveLetters(world, 'discard'),
  close: use.close,
  'process killed': nemesis.killProcess,
  'process suspended': nemesis.suspendProcess,
  'clock of a process set': nemesis.setProcessClock,
  'clock of the backend set': nemesis.setBackendClock,
  'backend away': (world) => nemesis.takeAway(world, 'network'),
  'database away': (world) => nemesis.takeAway(world, 'database'),
  'twin started': nemesis.startTwin,
  'data wiped': nemesis.wipe,
  'data copied': nemesis.takeSnapshot,
  'copy put back': nemesis.restore,
  'records forgotten': nemesis.forgetRecords,
};
