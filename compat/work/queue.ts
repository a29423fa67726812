import assert from 'node:assert/strict';
import { bullmq } from '@sluice/bullmq';
import { createBuffer, createWorker } from '@sluice/core';
import { memory } from '@sluice/memory';

/** What a service does that spreads its partitions by a queue. */
export const queueSteps: Readonly<Record<string, () => Promise<void>>> = {
  async bullmq() {
    let views = 0;
    let tell = (): void => {};
    const applied = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const buffer = createBuffer({
      backend: memory(),
      sink: async ({ entries }) => {
        views += entries[0]?.columns.views ?? 0;
        tell();
      },
    });
    await buffer.incr('Page', { views: 3 }, { path: '/' });
    const connection = { url: process.env.REDIS_URL ?? '' };
    const engine = bullmq({ connection, queue: crypto.randomUUID() });
    const worker = createWorker(buffer, { engine });
    await applied;
    await worker.stop();
    await buffer.close();
    assert.equal(views, 3);
  },
};
