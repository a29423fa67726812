import assert from 'node:assert/strict';
import { createBuffer, openBuffer, SluiceError } from '@sluice/core';
import { memory } from '@sluice/memory';
import { run } from './run.ts';

// A service that installed no other backend: it works, and is told what to install for another one.
void run({
  async memory() {
    const buffer = createBuffer({ backend: memory(), sink: async () => {} });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    await buffer.processPending();
    await buffer.close();
  },

  async 'open memory:'() {
    const buffer = await openBuffer({ url: 'memory:' });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    await buffer.close();
  },

  async 'missing package'() {
    const opened = openBuffer({ url: 'redis://127.0.0.1' });
    const error = await opened.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof SluiceError, `not a SluiceError: ${error}`);
    assert.equal(error.code, 'ERR_SLUICE_MISSING_PACKAGE');
    assert.match(error.message, /npm install @sluice\/redis ioredis/);
  },
});
