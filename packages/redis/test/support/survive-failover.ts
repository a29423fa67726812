import { type Backend, createBuffer } from '@sluice/core';
import type { RedisSentinels } from '@sluice/test-servers';
import { recordingSink } from '@sluice/testing';
import { expect } from 'vitest';

/** A master is killed and replaced while a buffer counts: no increment is lost or doubled. */
export async function surviveFailover(group: RedisSentinels, backend: Backend): Promise<void> {
  const sink = recordingSink();
  await using buffer = createBuffer({ backend, sink, logger: { warn() {}, error() {} } });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  const master = await group.master();
  // What a failover may forget is not what this is about.
  await master.call('WAIT', 2, 1000);
  await master.kill();
  try {
    await buffer.incr('Page', { views: 2 }, { path: '/' });
    // One of the sentinels may be the last to hear of it.
    await expect.poll(() => group.master()).not.toBe(master);
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(3);
  } finally {
    await master.start();
    await group.settled();
  }
}
