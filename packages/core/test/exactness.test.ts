import { type BufferEvents, createBuffer, IncrementError, type Random } from '@sluice/core';
import { type MemorySnapshot, memory } from '@sluice/memory';
import { manualClock, recordingSink, seededRandom } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { away, quiet, wrap } from './wrap.js';

interface Chances {
  /** That a call's effect is lost, or only its reply. */
  readonly fault: number;
  /** That a replica takes over which lacks every write since the last claim. */
  readonly failover: number;
  /** That the sink throws, before or after it applied the batch. */
  readonly throws: number;
}

/** Counts, fails, takes over and drains as the seed says; then drains to the end. */
async function run(seed: number, writeTimeoutMs: number, chances: Chances) {
  const random = seededRandom(seed);
  const happens = (chance: number): boolean => random() < chance;
  const clock = manualClock();
  const store = memory({ clock });
  const faults = { ...chances };
  let replica: MemorySnapshot = store.snapshot();

  const flaky = async <T>(call: () => Promise<T>): Promise<T> => {
    await pause(clock, random);
    if (happens(faults.fault)) throw away('unknown');
    const result = await call();
    if (happens(faults.fault)) throw away('unknown');
    return result;
  };
  /** A claim waits until a replica has it. */
  const replicated = async <T>(claim: () => Promise<T>): Promise<T> => {
    const claimed = await claim();
    replica = store.snapshot();
    return claimed;
  };
  const backend = wrap(store, {
    add: (write) => flaky(() => store.add(write)),
    claim: (partition, request) => flaky(() => replicated(() => store.claim(partition, request))),
    ackAndClaim: (partition, token, next) =>
      flaky(() => replicated(() => store.ackAndClaim(partition, token, next))),
    ack: (partition, token) => flaky(() => store.ack(partition, token)),
    nack: (partition, token, delayMs) => flaky(() => store.nack(partition, token, delayMs)),
  });
  const applied = recordingSink();
  const buffer = createBuffer({
    backend,
    clock,
    random: seededRandom(seed + 1_000_000),
    partitions: 2,
    batchSize: 2,
    leaseMs: 2_000,
    maxAttempts: 1_000_000,
    retryDelay: () => 10,
    logger: quiet,
    writeTimeoutMs,
    sink: async (batch, context) => {
      if (happens(faults.throws)) applied.fail(new Error('no'), { when: happens(0.5) ? 'before' : 'after' });
      await pause(clock, random);
      await applied(batch, context);
    },
  });
  const lost: BufferEvents['lost'][] = [];
  buffer.on('lost', (event) => lost.push(event));
  buffer.on('error', () => {});

  const sums = { counted: 0, unknown: 0 };
  const count = async (views: number, id = Math.floor(random() * 5)): Promise<void> => {
    try {
      await buffer.incr('Page', { views }, { id });
      sums.counted += views;
    } catch (error) {
      if (!(error instanceof IncrementError)) throw error;
      if (error.outcome === 'unknown') sums.unknown += views;
    }
  };

  // A replica that does not know a partition looks like wiped data, so each has a first write.
  const running: Promise<unknown>[] = [];
  const touchAll = async (): Promise<void> => {
    for (let id = 0; id < 5; id += 1) running.push(count(1, id));
    await clock.advance(120_000);
  };
  const chance = faults.fault;
  faults.fault = 0;
  await touchAll();
  replica = store.snapshot();
  faults.fault = chance;

  for (let step = 0; step < 150; step += 1) {
    if (happens(0.8)) running.push(count(1 + Math.floor(random() * 100)));
    if (happens(0.1)) running.push(buffer.processPending().catch(() => {}));
    if (happens(chances.failover)) store.restore(replica);
    await clock.advance(Math.floor(random() * 40));
  }
  Object.assign(faults, { fault: 0, throws: 0 });
  await clock.advance(120_000);
  await Promise.all(running);
  // An increment in each partition notices the last failover.
  await touchAll();
  for (let round = 0; round < 3; round += 1) {
    running.push(buffer.processPending());
    await clock.advance(10_000);
  }
  await Promise.all(running);
  expect(await buffer.stats()).toMatchObject({ held: 0, pending: 0, claimed: 0, dead: 0 });
  return { ...sums, total: applied.total('Page', 'views'), lost };
}

function pause(clock: { after(ms: number, task: () => void): unknown }, random: Random): Promise<void> {
  return new Promise((resolve) => void clock.after(Math.floor(random() * 30), resolve));
}

const seeds = Array.from({ length: 60 }, (_, seed) => seed);

describe('what incr acknowledged reaches a transactional sink exactly once', () => {
  test.each<[string, Chances]>([
    ['while replies are lost', { fault: 0.2, failover: 0, throws: 0 }],
    ['while the sink throws before or after it applies', { fault: 0, failover: 0, throws: 0.3 }],
    ['while replicas take over', { fault: 0, failover: 0.05, throws: 0 }],
    ['while everything fails', { fault: 0.15, failover: 0.05, throws: 0.2 }],
  ])('%s', async (_, chances) => {
    for (const seed of seeds) {
      const { counted, unknown, total, lost } = await run(seed, 3_600_000, chances);
      expect({ seed, total, unknown, lost }).toEqual({ seed, total: counted, unknown: 0, lost: [] });
    }
  });

  test('while writes are given up: what is of unknown outcome may come on top, nothing is missing', async () => {
    let unknowns = 0;
    for (const seed of seeds) {
      const { counted, unknown, total, lost } = await run(seed, 50, {
        fault: 0.3,
        failover: 0.05,
        throws: 0.2,
      });
      unknowns += unknown;
      expect({ seed, lost }).toEqual({ seed, lost: [] });
      expect(total, `seed ${seed}`).toBeGreaterThanOrEqual(counted);
      expect(total, `seed ${seed}`).toBeLessThanOrEqual(counted + unknown);
    }
    expect(unknowns).toBeGreaterThan(0);
  });
});
