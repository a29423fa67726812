import type { Backend } from '@sluice/core';
import { type ManualClock, manualClock } from '../manual-clock.js';
import { ackAndClaim } from './ack-and-claim.js';
import { add, unknown } from './add.js';
import { lifecycle, ownership } from './arguments.js';
import { bytes, claim, frozen, order } from './claim.js';
import { type Corrupt, corruption } from './corrupt.js';
import { burial, discard, redrive } from './dead-letters.js';
import { endToEnd } from './end-to-end.js';
import { Fixture, type Promises } from './fixture.js';
import { join } from './join.js';
import { clockSetBack, early, leases } from './lease.js';
import { merging } from './merge.js';
import { type Copy, olderCopy } from './older-copy.js';
import { overflow } from './overflow.js';
import { partitions, stats } from './partitions.js';
import { randomWalk } from './random-walk.js';
import { reading } from './read.js';
import { redriveOrder } from './redrive-order.js';
import { failures, settling } from './settle.js';
import { untrusted } from './untrusted.js';

/** What {@link conformance} takes. */
export interface ConformanceOptions<B extends Backend = Backend> {
  /** Registers one test: `test` of vitest or node:test, or anything that takes a name and an async function. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /**
   * Makes an empty backend that takes its time from the clock, for one test, which closes it. The clock stands still
   * until the test moves it; nothing sleeps. Tests may run side by side, so two backends must not share data.
   */
  readonly open: (options: { readonly clock: ManualClock }) => B | Promise<B>;
  /**
   * Makes the stored form of a pending entry unreadable, as an operator's mistake would. Without it, which is right
   * for backends that store objects rather than text, what becomes of such entries is not tested.
   */
  readonly corrupt?: Corrupt<B>;
  /**
   * Copies all data, and returns what brings the copy back, as a server does that restarts from an older one. Without it,
   * what becomes of producers and ids then is not tested.
   */
  readonly copy?: Copy<B>;
}

/**
 * Registers the tests that every backend passes: one per promise of `Backend`, named after it.
 *
 * @example
 * ```ts
 * import { conformance } from '@sluice/testing/conformance';
 * import { test } from 'vitest';
 * import { myBackend } from '../my-backend.js';
 *
 * conformance({ test, open: ({ clock }) => myBackend({ clock }) });
 * ```
 */
export function conformance<B extends Backend>({ test, open, corrupt, copy }: ConformanceOptions<B>): void {
  const groups = {
    ...GROUPS,
    ...(corrupt && { corrupt: corruption(corrupt as Corrupt<Backend>) }),
    ...(copy && { 'older copy': olderCopy(copy as Copy<Backend>) }),
  };
  for (const [group, promises] of Object.entries(groups)) {
    for (const [promise, run] of Object.entries(promises)) {
      test(`${group}: ${promise}`, () => withFixture(open, run));
    }
  }
}

// In the order in which a new backend is best written.
const GROUPS: Readonly<Record<string, Promises>> = {
  join,
  add,
  unknown,
  merge: merging,
  overflow,
  read: reading,
  claim,
  'bytes of a batch': bytes,
  'frozen batch': frozen,
  order,
  lease: leases,
  'early claim': early,
  'clock set back': clockSetBack,
  settle: settling,
  'ack and claim': ackAndClaim,
  failure: failures,
  bury: burial,
  redrive,
  'redrive order': redriveOrder,
  discard,
  partitions,
  stats,
  'untrusted input': untrusted,
  ownership,
  lifecycle,
  'random walk': randomWalk,
  'end to end': endToEnd,
};

async function withFixture<B extends Backend>(
  open: ConformanceOptions<B>['open'],
  run: Promises[string],
): Promise<void> {
  const clock = manualClock();
  const backend = await open({ clock });
  try {
    await run(new Fixture(backend, clock));
  } finally {
    await backend.close();
  }
}
