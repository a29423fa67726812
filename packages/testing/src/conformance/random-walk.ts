import assert from 'node:assert/strict';
import type { Random } from '@sluice/core';
import type { ClaimResult, StoredEntry } from '@sluice/core/backend';
import { drawInteger, drawOne, seededRandom } from '../seeded-random.js';
import { type Fixture, failure, type Held, keyOf, type Promises, page, readable, sums } from './fixture.js';

const STEPS = 150;
const PATHS = ['/a', '/b', '/c', '/d', '/e'];

/** One lease that the walk got, whether it still holds or not. */
interface Delivery extends Held {
  settledWith?: Settlement;
}

type Settlement = 'ack' | 'ack and claim' | 'nack' | 'bury';

const SETTLEMENTS: readonly Settlement[] = ['ack', 'ack and claim', 'nack', 'bury'];

/** Producers and workers that do anything in any order, and the books that are kept of it. */
class RandomWalk {
  readonly #fixture: Fixture;
  readonly #random: Random;
  readonly #numbers = new Map<string, number>();
  readonly #deliveries: Delivery[] = [];
  readonly #entriesById = new Map<string, readonly StoredEntry[]>();
  readonly added: StoredEntry[] = [];
  readonly applied: StoredEntry[] = [];

  constructor(fixture: Fixture, random: Random) {
    this.#fixture = fixture;
    this.#random = random;
  }

  async step(): Promise<void> {
    const steps = [this.#add, this.#add, this.#claim, this.#settle, this.#settle, this.#pass, this.#redrive];
    await drawOne(this.#random, steps)();
  }

  /** Writes, sometimes twice; sometimes after a write that skips a number, or that a copy of the producer sends. */
  readonly #add = async (): Promise<void> => {
    const { send } = this.#fixture;
    const producer = drawOne(this.#random, ['one', 'two', 'three']);
    const number = (this.#numbers.get(producer) ?? 0) + 1;
    const entries = PATHS.filter(() => this.#random() < 0.4).map((path) =>
      page(path, { views: 1 + drawInteger(this.#random, 9) }),
    );
    if (this.#random() < 0.1) {
      const skipping = await send(number + 1, entries, { producer });
      assert.ok(skipping.status === 'gap' && skipping.last === number - 1);
    }
    if (this.#random() < 0.1) {
      const strange = await send(number, entries, { producer, epoch: 'another one' });
      assert.equal(strange.status, 'unknown');
    }
    assert.equal((await send(number, entries, { producer })).status, 'applied');
    this.#numbers.set(producer, number);
    this.added.push(...entries);
    if (this.#random() < 0.3) assert.equal((await send(number, entries, { producer })).status, 'duplicate');
    if (this.#random() < 0.1) {
      const copied = await send(number, entries, { producer, nonce: 'of a copy' });
      assert.equal(copied.status, 'conflict');
    }
  };

  readonly #claim = async (): Promise<void> => {
    const size = 1 + drawInteger(this.#random, 3);
    const early = this.#random() < 0.3;
    this.#note(await this.#fixture.claim({ size, leaseMs: 1000, early }), size);
  };

  #note(claimed: ClaimResult, size: number): void {
    if (claimed.status !== 'leased') return;
    const { batch } = claimed;
    const entries = batch.entries.map(readable);
    const before = this.#entriesById.get(batch.id);
    assert.deepEqual(entries, before ?? entries, 'every delivery of a batch has the same entries');
    assert.ok(
      before !== undefined || entries.length <= size,
      'a new batch has at most as many entries as asked for',
    );
    this.#entriesById.set(batch.id, entries);
    this.#deliveries.push({ ...batch, token: claimed.leaseToken, claim: '', paths: [] });
  }

  /** Settles any delivery, old ones too; a settled one only as it was settled before. */
  readonly #settle = async (): Promise<void> => {
    if (this.#deliveries.length === 0) return;
    const delivery = drawOne(this.#random, this.#deliveries.slice(-3));
    const how = delivery.settledWith ?? drawOne(this.#random, SETTLEMENTS);
    const settled = await this.#end(delivery, how);
    if (!settled || delivery.settledWith !== undefined) return;
    delivery.settledWith = how;
    const entries = delivery.entries.map(readable);
    if (how === 'ack' || how === 'ack and claim') this.applied.push(...entries);
    if (how === 'bury') this.applied.push(...entries.slice(1));
  };

  async #end({ token }: Delivery, how: Settlement): Promise<boolean> {
    const { backend } = this.#fixture;
    if (how === 'ack and claim') {
      const size = 1 + drawInteger(this.#random, 3);
      const claimed = await this.#fixture.claimNext(token, { size, leaseMs: 1000 });
      if (claimed !== false) this.#note(claimed, size);
      return claimed !== false;
    }
    if (how === 'ack') return backend.ack(0, token);
    if (how === 'nack') return backend.nack(0, token, failure(drawInteger(this.#random, 500)));
    return backend.bury(0, token, [{ index: 0, reason: 'drawn' }]);
  }

  /** Time passes; now and then the clock is set back. */
  readonly #pass = (): Promise<void> =>
    this.#fixture.clock.advance(drawInteger(this.#random, 800) - (this.#random() < 0.1 ? 5000 : 0));

  readonly #redrive = async (): Promise<void> => {
    const { backend } = this.#fixture;
    const letters = await backend.deadLetters(0, 0, 1 + drawInteger(this.#random, 3));
    const ids = letters.map(({ id }) => id);
    assert.deepEqual((await backend.redrive(0, ids)).sort(), ids.sort());
  };

  /** Whatever was added is pending, claimed, dead or applied, and only one of these. */
  async assertBalanced(): Promise<void> {
    const { backend } = this.#fixture;
    const held = await backend.read(PATHS.map((path) => ({ partition: 0, key: keyOf(path) })));
    const entries = held.flatMap(({ pending, claimed }, index) =>
      [pending, claimed].flatMap((fields) => (fields ? [{ key: keyOf(PATHS[index] ?? ''), fields }] : [])),
    );
    const letters = await backend.deadLetters(0, 0, 10_000);
    entries.push(...letters.map(({ entry }) => readable(entry)), ...this.applied);
    assert.deepEqual(sorted(sums(entries)), sorted(sums(this.added)));
  }

  /** Brings everything out that is still in the backend. */
  async finish(): Promise<void> {
    const { backend, clock, drain } = this.#fixture;
    await clock.advance(60_000);
    this.applied.push(...(await drain()));
    const letters = await backend.deadLetters(0, 0, 10_000);
    this.applied.push(...letters.map(({ entry }) => readable(entry)));
  }
}

const walks = [1, 2, 3, 4, 5].map((seed): [string, Promises[string]] => [
  `in any order of calls, nothing is lost or counted twice (seed ${seed})`,
  async (fixture) => {
    const walk = new RandomWalk(fixture, seededRandom(seed));
    for (let step = 0; step < STEPS; step += 1) {
      await walk.step();
      if (step % 5 === 0) await walk.assertBalanced();
    }
    await walk.finish();
    assert.deepEqual(sorted(sums(walk.applied)), sorted(sums(walk.added)));
  },
]);

/** Repeats, gaps, old tokens, expired leases, burials and redrives in random order. */
export const randomWalk: Promises = Object.fromEntries(walks);

function sorted(totals: Record<string, number>): [string, number][] {
  return Object.entries(totals).sort(([a], [b]) => (a < b ? -1 : 1));
}
