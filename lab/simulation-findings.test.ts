import { BackendError, type Buffer, type BufferEvents, createBuffer } from '@sluice/core';
import { type MemoryBackend, memory } from '@sluice/memory';
import {
  type FaultRule,
  type FaultyBackend,
  faultyBackend,
  type ManualClock,
  manualClock,
  seededRandom,
} from '@sluice/testing';
import { describe, expect, it } from 'vitest';

/** More producers than a partition keeps records of. */
const HERD = 1100;
/** Longer than a producer keeps writes for a replay. */
const REPLAYS_OVER_MS = 6 * 60_000;

/** A process that counts on a backend, and hears what is lost. */
class Producer {
  readonly backend: FaultyBackend<MemoryBackend>;
  readonly lost: BufferEvents['lost'][] = [];
  readonly #buffer: Buffer;
  readonly #clock: ManualClock;

  constructor(store: MemoryBackend, clock: ManualClock, seed: number, faults: readonly FaultRule[] = []) {
    this.backend = faultyBackend(store, faults);
    this.#clock = clock;
    const random = seededRandom(seed);
    this.#buffer = createBuffer({ backend: this.backend, partitions: 1, clock, random });
    this.#buffer.on('lost', (lost) => this.lost.push(lost));
    this.#buffer.on('error', () => {});
  }

  count(): Promise<void> {
    return this.#clock.until(this.#buffer.incr('Page', { views: 1 }, { path: '/docs' }));
  }

  async views(): Promise<number> {
    return (await this.#clock.until(this.#buffer.get('Page', ['views'], { path: '/docs' }))).views;
  }

  /** The ids that it wrote under. */
  get ids(): string[] {
    const adds = this.backend.calls.filter(({ method }) => method === 'add');
    return [...new Set(adds.map(({ args }) => (args[0] as { readonly producer: string }).producer))];
  }
}

async function forgetRecords(store: MemoryBackend): Promise<void> {
  const { epoch, position } = await store.join(0, 1);
  for (let i = 0; i < HERD; i += 1) {
    const producer = `other ${i}`;
    await store.add({
      partition: 0,
      producer,
      number: 1,
      follows: 0,
      nonce: producer,
      epoch,
      position,
      entries: [],
    });
  }
}

describe('what the simulation finds when disasters meet', () => {
  const start = () => {
    const clock = manualClock();
    return { clock, store: memory({ clock }) };
  };

  it('counts both of two twins that reach one store through two backends of one process', async () => {
    const { clock, store } = start();
    const [one, other] = [new Producer(store, clock, 1), new Producer(store, clock, 1)];
    await one.count();
    await other.count();
    expect(await one.views()).toBe(2);
  });

  it('counts nothing twice when a twin brings back the record of a forgotten producer', async () => {
    const { clock, store } = start();
    const one = new Producer(store, clock, 1);
    for (let i = 0; i < 3; i += 1) await one.count();
    await forgetRecords(store);
    const twin = new Producer(store, clock, 1);
    for (let i = 0; i < 2; i += 1) await twin.count();
    await one.count();
    expect(await one.views()).toBe(6);
  });

  it('reports what is lost when a twin writes the number that a restore took back', async () => {
    const { clock, store } = start();
    await store.join(0, 1);
    const copy = store.snapshot();
    const [one, twin] = [new Producer(store, clock, 1), new Producer(store, clock, 1)];
    await one.count();
    store.restore(copy);
    await twin.count();
    await one.count();
    expect([await one.views(), one.lost.length]).not.toEqual([2, 0]);
  });

  it('reports writes from before a producer was forgotten, when data goes back to before them', async () => {
    const { clock, store } = start();
    const one = new Producer(store, clock, 1);
    await one.count();
    const copy = store.snapshot();
    await one.count();
    await forgetRecords(store);
    await one.count();
    store.restore(copy);
    await one.count();
    expect(one.lost).toHaveLength(1);
  });

  it('names all writes that a wipe took, those before a producer was forgotten, too', async () => {
    const { clock, store } = start();
    const empty = store.snapshot();
    const one = new Producer(store, clock, 1);
    await one.count();
    await forgetRecords(store);
    await one.count();
    store.restore(empty);
    await one.count();
    expect(one.lost.map(({ producer }) => producer)).toEqual(one.ids.slice(0, 2));
  });

  it('counts nothing twice when calls arrive late that were sent before a gap', async () => {
    const { clock, store } = start();
    const one = new Producer(store, clock, 1);
    await one.count();
    const copy = store.snapshot();
    await one.count();
    await clock.advance(REPLAYS_OVER_MS);
    await one.count();
    store.restore(copy);
    await one.count();
    const late = one.backend.calls.filter(({ method }) => method === 'add').slice(1, 4);
    for (const { args } of late) await store.add(args[0] as Parameters<MemoryBackend['add']>[0]);
    expect(await one.views()).toBeLessThanOrEqual(4);
  });

  it('reports no loss when nothing but writes of unknown outcome are missing', async () => {
    const { clock, store } = start();
    const reject = new BackendError('ERR_SLUICE_BACKEND_FAILED', 'It failed.', {
      retryable: false,
      outcome: 'unknown',
    });
    const one = new Producer(store, clock, 1, [{ on: 'add', nth: 2, times: 2, fault: { reject } }]);
    await one.count();
    await expect(one.count()).rejects.toMatchObject({ outcome: 'unknown' });
    await clock.advance(REPLAYS_OVER_MS);
    await expect(one.count()).rejects.toMatchObject({ outcome: 'unknown' });
    await one.count();
    expect(one.lost).toEqual([]);
  });
});
