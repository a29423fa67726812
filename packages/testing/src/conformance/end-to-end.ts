import assert from 'node:assert/strict';
import { type Buffer, type BufferOptions, createBuffer, type Entry, max } from '@sluice/core';
import { manualClock } from '../manual-clock.js';
import { type RecordingSink, recordingSink } from '../recording-sink.js';
import { drawInteger, drawOne, seededRandom } from '../seeded-random.js';
import type { Fixture, Promises } from './fixture.js';

/** Buffers of one service: they share the backend, and the database that the sink stands for. */
class Service {
  readonly sink: RecordingSink = recordingSink();
  readonly errors: unknown[] = [];
  readonly #fixture: Fixture;
  #buffers = 0;

  constructor(fixture: Fixture) {
    this.#fixture = fixture;
  }

  buffer(options: Partial<BufferOptions> = {}): Buffer {
    const { backend, clock } = this.#fixture;
    this.#buffers += 1;
    const random = seededRandom(this.#buffers);
    const logger = { warn() {}, error() {} };
    const own = { backend, clock, random, logger, sink: this.sink, partitions: 4 };
    const buffer = createBuffer({ ...own, ...options });
    buffer.on('error', (error) => this.errors.push(error));
    return buffer;
  }

  /** Counts one view for each of this many pages, `/0`, `/1` … */
  async count(buffer: Buffer, pages: number): Promise<void> {
    await Promise.all(
      Array.from({ length: pages }, (_, index) => buffer.incr('Page', { views: 1 }, { path: `/${index}` })),
    );
  }

  /** The ids of applied batches must differ, and so must the targets in a batch. */
  assertNoRepeats(): void {
    assert.deepEqual(this.errors, []);
    const ids = this.sink.deliveries.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'a batch that was acknowledged is not delivered again');
    for (const { entries } of this.sink.deliveries) {
      const targets = entries.map(({ model, filters }) => JSON.stringify([model, filters]));
      assert.equal(new Set(targets).size, targets.length);
    }
  }
}

/** The backend under real buffers. */
export const endToEnd: Promises = {
  'an increment reaches the sink with all that it had': async (fixture) => {
    const service = new Service(fixture);
    const buffer = service.buffer();
    const seen = new Date(fixture.clock.now());
    const extra = { title: 'Docs', lastSeen: max(seen), tags: ['a', { b: null }] };
    await buffer.incr('Page', { views: 2 }, { path: '/docs', lang: 'en', id: 7n, day: seen }, extra);
    await buffer.processPending();
    const expected: Entry = {
      model: 'Page',
      filters: { day: seen, id: 7n, lang: 'en', path: '/docs' },
      columns: { views: 2 },
      extra: {
        title: { rule: 'last', value: 'Docs' },
        tags: { rule: 'last', value: ['a', { b: null }] },
        lastSeen: { rule: 'max', value: seen },
      },
      signalOnly: false,
      firstAt: seen,
    };
    assert.deepEqual(service.sink.entries, [expected]);
  },

  'get returns what is pending': async (fixture) => {
    const buffer = new Service(fixture).buffer();
    for (const views of [1, 2, 3]) await buffer.incr('Page', { views }, { path: '/a' });
    assert.deepEqual(await buffer.get('Page', ['views', 'likes'], { path: '/a' }), { views: 6, likes: 0 });
    await buffer.processPending();
    assert.deepEqual(await buffer.get('Page', ['views'], { path: '/a' }), { views: 0 });
  },

  'a thousand increments of a target make one entry': async (fixture) => {
    const service = new Service(fixture);
    const buffer = service.buffer();
    await Promise.all(Array.from({ length: 1000 }, () => buffer.incr('Page', { views: 1 }, { path: '/a' })));
    const report = await buffer.processPending();
    assert.deepEqual([report.batches, report.entries, service.sink.total('Page', 'views')], [1, 1, 1000]);
  },

  'batches have at most batchSize entries, and all are applied': async (fixture) => {
    const service = new Service(fixture);
    const buffer = service.buffer({ batchSize: 7, partitions: 2 });
    await service.count(buffer, 50);
    const report = await buffer.processPending();
    assert.equal(report.entries, 50);
    assert.ok(service.sink.deliveries.every(({ entries }) => entries.length <= 7));
    service.assertNoRepeats();
  },

  'two workers never apply an entry twice': async (fixture) => {
    const service = new Service(fixture);
    const [producer, one, two] = [
      service.buffer(),
      service.buffer({ batchSize: 3 }),
      service.buffer({ batchSize: 3 }),
    ];
    for (let round = 0; round < 5; round += 1) {
      await service.count(producer, 40);
      await Promise.all([one.processPending(), two.processPending()]);
    }
    // A worker leaves a partition that the other one has; after them, one finds what was left.
    await one.processPending();
    assert.equal(service.sink.total('Page', 'views'), 200);
    assert.equal(service.sink.total('Page', 'views', { path: '/7' }), 5);
    service.assertNoRepeats();
  },

  'producers and workers side by side lose nothing': async (fixture) => {
    const service = new Service(fixture);
    const random = seededRandom(99);
    const buffers = [service.buffer({ batchSize: 5 }), service.buffer({ batchSize: 2 }), service.buffer()];
    const expected: Record<string, number> = {};
    for (let round = 0; round < 20; round += 1) {
      const calls = Array.from({ length: 20 }, () => {
        const path = `/${drawInteger(random, 12)}`;
        expected[path] = (expected[path] ?? 0) + 1;
        return drawOne(random, buffers).incr('Page', { views: 1 }, { path });
      });
      await Promise.all([...calls, drawOne(random, buffers).processPending()]);
    }
    await buffers[0]?.processPending();
    for (const [path, views] of Object.entries(expected)) {
      assert.equal(service.sink.total('Page', 'views', { path }), views, path);
    }
    service.assertNoRepeats();
  },

  'what a dead worker had claimed is delivered again, the same': async (fixture) => {
    const service = new Service(fixture);
    const buffer = service.buffer({ partitions: 1, leaseMs: 5000 });
    await service.count(buffer, 3);
    const claim = await service.buffer({ partitions: 1, leaseMs: 5000 }).claim(0);
    assert.ok(claim.status === 'leased');
    assert.deepEqual((await buffer.processPending()).busy, [0]);
    await fixture.clock.advance(5000);
    await buffer.processPending();
    assert.deepEqual(service.sink.deliveries, [{ ...claim.lease.batch, attempt: 2 }]);
  },

  'a worker that stalls past its lease cannot settle, and its batch counts once': async (fixture) => {
    const service = new Service(fixture);
    // Its own clock stands still, as that of a process that was stopped: it does not know that its lease ran out.
    const stalled = service.buffer({ partitions: 1, clock: manualClock(fixture.clock.now()) });
    const other = service.buffer({ partitions: 1 });
    await service.count(stalled, 3);
    const claim = await stalled.claim(0);
    assert.ok(claim.status === 'leased');
    await fixture.clock.advance(30_000);
    assert.equal((await other.processPending()).entries, 3);
    assert.equal(await stalled.process(claim.lease), 'stale');
    assert.equal(service.errors.length, 1);
    assert.deepEqual([service.sink.deliveries.length, service.sink.total('Page', 'views')], [2, 3]);
  },

  'a batch that the sink refuses comes again after the delay': async (fixture) => {
    const service = new Service(fixture);
    const buffer = service.buffer({ partitions: 1, retryDelay: (attempt) => attempt * 1000 });
    await service.count(buffer, 3);
    service.sink.fail(new Error('deadlock'));
    const { retried, entries } = await buffer.processPending();
    assert.deepEqual([retried, entries], [1, 0]);
    assert.equal((await buffer.processPending()).dueInMs, 1000);
    await fixture.clock.advance(1000);
    assert.equal((await buffer.processPending()).entries, 3);
    assert.equal(new Set(service.sink.deliveries.map(({ id }) => id)).size, 1);
  },

  'a batch that is refused too often is buried, and counts once it is redriven': async (fixture) => {
    const service = new Service(fixture);
    const buffer = service.buffer({ partitions: 1, maxAttempts: 2, giveUpAfterMs: 0, retryDelay: () => 0 });
    await service.count(buffer, 3);
    service.sink.fail(new Error('no such table'), { times: 2 });
    await buffer.processPending();
    assert.equal((await buffer.processPending()).buried, 3);
    const letters = await buffer.deadLetters.list();
    assert.deepEqual(
      letters.map(({ reason, attempts }) => [reason, attempts]),
      Array(3).fill(['no such table', 2]),
    );
    await service.count(buffer, 3);
    assert.equal(await buffer.deadLetters.redrive('all'), 3);
    await buffer.processPending();
    assert.equal(service.sink.total('Page', 'views'), 6);
    assert.equal((await buffer.stats()).dead, 0);
  },

  'increments that come while the sink runs are applied later, and not lost': async (fixture) => {
    const service = new Service(fixture);
    const buffer: Buffer = service.buffer({
      sink: async (batch, context) => {
        if (batch.attempt === 1 && service.sink.deliveries.length < 5) await service.count(buffer, 4);
        await service.sink(batch, context);
      },
    });
    await service.count(buffer, 4);
    for (let rounds = 0; rounds < 10; rounds += 1) await buffer.processPending();
    const views = service.sink.total('Page', 'views');
    assert.ok(views >= 8 && views % 4 === 0, `${views} views`);
    assert.equal((await buffer.stats()).pending, 0);
    service.assertNoRepeats();
  },

  'a worker with fewer partitions applies what producers with more have written': async (fixture) => {
    const service = new Service(fixture);
    await service.count(service.buffer({ partitions: 64 }), 100);
    await service.count(service.buffer({ partitions: 3 }), 100);
    await service.buffer({ partitions: 1 }).processPending();
    assert.equal(service.sink.total('Page', 'views'), 200);
  },
};
