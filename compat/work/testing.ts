import assert from 'node:assert/strict';
import { createBuffer, type Sink, type SluiceBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { redis } from '@sluice/redis';
import { faultyBackend, manualClock, recordingSink, seededRandom, startRedisServer } from '@sluice/testing';
import { conformance } from '@sluice/testing/conformance';
import { mockRedis } from '@sluice/testing/mock-redis';

/** What the tests of a service do with @sluice/testing. */
export const testingSteps: Readonly<Record<string, () => Promise<void>>> = {
  async 'manual clock'() {
    const clock = manualClock();
    const sink = recordingSink();
    sink.fail(new Error('deadlock detected'));
    const buffer = createBuffer({
      backend: memory({ clock }),
      sink,
      clock,
      random: seededRandom(1),
      retryDelay: () => 5000,
    });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    await buffer.processPending();
    await clock.advance(5000);
    await buffer.processPending();
    assert.equal(sink.total('Page', 'views', { path: '/' }), 1);
    assert.equal(sink.deliveries.length, 2);
    await buffer.close();
  },

  async 'mock redis'() {
    const clock = manualClock();
    await countOn((sink) => createBuffer({ backend: redis({ client: mockRedis({ clock }) }), sink }));
  },

  async 'redis server'() {
    const server = await startRedisServer();
    try {
      await countOn((sink) => createBuffer({ backend: redis({ url: server.url }), sink }));
    } finally {
      await server.stop();
    }
  },

  async faults() {
    const backend = faultyBackend(memory(), [{ on: 'add', fault: 'refuse', times: 2 }]);
    await countOn((sink) => createBuffer({ backend, sink }));
    backend.assertFired();
  },

  async conformance() {
    const tests: [string, () => Promise<void>][] = [];
    conformance({ test: (...test) => tests.push(test), open: ({ clock }) => memory({ clock }) });
    assert.ok(tests.length > 100);
    for (const [name, test] of tests) {
      await test().catch((cause: unknown) => {
        throw new Error(name, { cause });
      });
    }
  },
};

async function countOn(open: (sink: Sink) => SluiceBuffer): Promise<void> {
  const sink = recordingSink();
  const buffer = open(sink);
  await buffer.incr('Page', { views: 3 }, { path: '/' });
  await buffer.processPending();
  await buffer.close();
  assert.equal(sink.total('Page', 'views', { path: '/' }), 3);
}
