import { createBuffer } from '@sluice/core';
import { type MemoryBackend, memory } from '@sluice/memory';
import { type ManualClock, manualClock } from '@sluice/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredBatch } from '../src/backend.js';
import { parseTargetKey } from '../src/entry/target-key.js';
import { type CountingService, countingService } from './counting-service.js';

const IDS = [0, 1, 2];
const LEASE_MS = 1000;

type Step =
  | { readonly do: 'incr'; readonly service: number; readonly id: number; readonly views: number }
  | { readonly do: 'claim' | 'commit' | 'ack' | 'fail' | 'expire'; readonly partition: number };

interface Lease {
  readonly token: string;
  readonly batch: StoredBatch;
}

/** Two services that count, workers that claim, apply, fail and settle, and the books that are kept of it. */
class World {
  readonly #clock: ManualClock;
  readonly #store: MemoryBackend;
  readonly #services: readonly CountingService[];
  readonly #leases = new Map<number, Lease>();
  readonly #ledger = new Map<string, StoredBatch>();
  #claims = 0;
  readonly acknowledged = new Map<number, number>();
  readonly rows = new Map<number, number>();

  constructor(clock: ManualClock, store: MemoryBackend, counts: readonly number[]) {
    this.#clock = clock;
    this.#store = store;
    this.#services = counts.map((count) => countingService(store, count, clock));
  }

  /** What is in the rows of committed batches that are not settled yet. */
  unsettled(): Map<number, number> {
    const sums = new Map<number, number>();
    for (const batch of this.#ledger.values()) addUp(sums, batch);
    return sums;
  }

  async run(step: Step): Promise<void> {
    if (step.do === 'incr') {
      await this.#services[step.service]?.(step.views, step.id);
      this.acknowledged.set(step.id, (this.acknowledged.get(step.id) ?? 0) + step.views);
      return;
    }
    const { partition } = step;
    if (step.do === 'claim') return this.#claim(partition);
    if (step.do === 'expire') return this.#clock.advance(LEASE_MS);
    const lease = this.#leases.get(partition);
    if (lease === undefined) return;
    if (step.do === 'commit') this.#commit(lease);
    else if (step.do === 'fail') await this.#fail(partition, lease);
    else await this.#ack(partition, lease);
  }

  /** Applies and settles all there is. */
  async finish(partitions: number): Promise<void> {
    for (let round = 0; round < 2; round += 1) {
      await this.#clock.advance(LEASE_MS);
      for (let partition = 0; partition < partitions; partition += 1) {
        await this.#claim(partition);
        await this.run({ do: 'ack', partition });
      }
    }
  }

  async #claim(partition: number): Promise<void> {
    this.#claims += 1;
    const claimed = await this.#store.claim(partition, {
      size: 100,
      bytes: 1_000_000,
      leaseMs: LEASE_MS,
      batchIdPrefix: `${partition}-batch${this.#claims}`,
      claimToken: `claim ${this.#claims}`,
      worker: 'worker',
      early: false,
    });
    if (claimed.status !== 'leased') return;
    this.#leases.set(partition, { token: claimed.leaseToken, batch: claimed.batch });
  }

  /** A batch that is delivered again after it was committed is in the ledger. */
  #commit({ batch }: Lease): void {
    if (this.#ledger.has(batch.id)) return;
    this.#ledger.set(batch.id, batch);
    addUp(this.rows, batch);
  }

  async #fail(partition: number, { token }: Lease): Promise<void> {
    await this.#store.nack(partition, token, { reason: 'no', isVerdict: true, delayMs: LEASE_MS });
    this.#leases.delete(partition);
  }

  async #ack(partition: number, lease: Lease): Promise<void> {
    this.#commit(lease);
    await this.#store.ack(partition, lease.token);
    this.#ledger.delete(lease.batch.id);
    this.#leases.delete(partition);
  }
}

function addUp(sums: Map<number, number>, { entries }: StoredBatch): void {
  for (const entry of entries) {
    const id = Number(parseTargetKey(entry.key).filters.id);
    const views = 'fields' in entry ? Number(entry.fields['+views']) : Number.NaN;
    sums.set(id, (sums.get(id) ?? 0) + views);
  }
}

const count = fc.integer({ min: 1, max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('incr' as const),
    service: fc.nat(1),
    id: fc.constantFrom(...IDS),
    views: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({
    do: fc.constantFrom('claim' as const, 'claim' as const, 'commit' as const, 'ack' as const),
    partition: fc.nat(5),
  }),
  fc.record({ do: fc.constantFrom('fail' as const, 'expire' as const), partition: fc.nat(5) }),
);

test('a row and what get returns are never less than what was acknowledged, and the same once it is quiet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(count, count), fc.array(step, { maxLength: 40 }), async (counts, steps) => {
      const clock = manualClock();
      const store = memory({ clock });
      const world = new World(clock, store, counts);
      const reader = createBuffer({ backend: store, partitions: counts[0], clock });
      const filters = IDS.map((id) => ({ id }));
      const held = async (): Promise<number[]> =>
        (await reader.getMany('Page', ['views'], filters)).map(({ views }) => views);
      const of = (sums: Map<number, number>): number[] => IDS.map((id) => sums.get(id) ?? 0);

      for (const each of steps) {
        const before = of(world.acknowledged);
        // One read while the step is under way, and one after it.
        const [meanwhile] = await Promise.all([held(), world.run(each)]);
        const rows = of(world.rows);
        for (const [i, least] of before.entries()) {
          expect((meanwhile[i] ?? 0) + (rows[i] ?? 0)).toBeGreaterThanOrEqual(least);
        }
        const after = await held();
        const twice = of(world.unsettled());
        const once = after.map((views, i) => views + (rows[i] ?? 0) - (twice[i] ?? 0));
        expect(once).toEqual(of(world.acknowledged));
      }
      await world.finish(6);
      expect(await held()).toEqual(IDS.map(() => 0));
      expect(of(world.rows)).toEqual(of(world.acknowledged));
    }),
  );
});
