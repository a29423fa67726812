import { type Backend, type BufferOptions, createBuffer, type Sink } from '@sluice/core';
import { type MemoryBackend, memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { away, pendingIn, quiet, wrap } from './wrap.js';

const never = <T>(): Promise<T> => new Promise<T>(() => {});

function setup(
  options: Partial<BufferOptions> = {},
  overrides: (store: MemoryBackend) => Partial<Backend> = () => ({}),
) {
  const clock = manualClock();
  const store = memory({ clock });
  let closed = 0;
  const counted: Partial<Backend> = {
    async close() {
      closed += 1;
    },
  };
  const backend = wrap(store, { ...counted, ...overrides(store) });
  const buffer = createBuffer({
    backend,
    clock,
    partitions: 1,
    logger: quiet,
    closeTimeoutMs: 5000,
    ...options,
  });
  return { clock, store, backend, buffer, closed: () => closed };
}

/** Closes, lets `ms` pass, and returns whether it was done by then. */
async function closedIn(
  ms: number,
  { buffer, clock }: Pick<ReturnType<typeof setup>, 'buffer' | 'clock'>,
): Promise<boolean> {
  let done = false;
  const closing = buffer.close().then(() => {
    done = true;
  });
  await clock.advance(ms);
  if (done) await closing;
  return done;
}

const refused = { name: 'IncrementError', code: 'ERR_SLUICE_CLOSED', outcome: 'refused' };
const unknown = { name: 'IncrementError', code: 'ERR_SLUICE_CLOSED', outcome: 'unknown' };

describe('close', () => {
  test('writes what is held without lingering, then closes the backend', async () => {
    const { buffer, clock, closed, store } = setup({ lingerMs: 60_000 });
    const counted = buffer.incr('Page', { views: 3 }, {});
    await buffer.close();
    await counted;
    expect(await pendingIn(store, '["Page"]')).toMatchObject({ '+views': 3 });
    expect(closed()).toBe(1);
    expect(clock.timers).toBe(0);
  });

  test('may be called twice, also by `await using`', async () => {
    const { buffer, closed } = setup();
    await Promise.all([buffer.close(), buffer.close(), buffer[Symbol.asyncDispose]()]);
    await buffer.close();
    expect(closed()).toBe(1);
  });

  test('refuses everything that comes after it', async () => {
    const { buffer } = setup({ sink: recordingSink() });
    await buffer.incr('Page', { views: 1 }, {});
    const claimed = await buffer.claim(0);
    if (claimed.status !== 'leased') throw new Error('nothing to lease');
    const closing = buffer.close();
    const calls = [
      buffer.incr('Page', { views: 1 }, {}),
      buffer.get('Page', ['views'], {}),
      buffer.getMany('Page', ['views'], []),
      buffer.peek('Page', {}),
      buffer.flush(),
      buffer.processPending(),
      buffer.claim(0),
      buffer.process(claimed.lease),
      buffer.stats(),
      buffer.validate(),
      buffer.deadLetters.list(),
      buffer.deadLetters.redrive('all'),
      buffer.deadLetters.discard('all'),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' });
    await closing;
  });

  test('closes a backend that several buffers share with the last of them', async () => {
    const { backend, buffer, clock, closed, store } = setup();
    const worker = createBuffer({ backend, clock, sink: recordingSink() });
    await buffer.close();
    expect(closed()).toBe(0);
    await worker.incr('Page', { views: 1 }, {});
    await worker.close();
    expect(closed()).toBe(1);
    const later = createBuffer({ backend, clock });
    await later.close();
    expect(closed()).toBe(2);
    expect((await store.stats(0)).length).toBe(1);
  });
});

describe('when the backend hangs', () => {
  test('close ends after closeTimeoutMs, and rejects what could not be written', async () => {
    const world = setup({}, () => ({ add: never }));
    const { buffer, clock, closed } = world;
    const underWay = buffer.incr('Page', { views: 1 }, {});
    await clock.advance(0);
    const waiting = buffer.incr('Page', { views: 1 }, {});
    const outcomes = Promise.all([
      expect(underWay).rejects.toMatchObject(unknown),
      expect(waiting).rejects.toMatchObject(refused),
    ]);
    expect(await closedIn(4999, world)).toBe(false);
    expect(await closedIn(1, world)).toBe(true);
    await outcomes;
    expect(closed()).toBe(1);
    expect(clock.timers).toBe(0);
  });

  test('close rejects what lingers, too', async () => {
    const world = setup({ partitions: 2, lingerMs: 60_000 }, () => ({ add: never }));
    const counted = Promise.allSettled(
      [1, 2, 3, 4].map((id) => world.buffer.incr('Page', { views: 1 }, { id })),
    );
    expect(await closedIn(5000, world)).toBe(true);
    for (const result of await counted) expect(result).toMatchObject({ status: 'rejected', reason: unknown });
    expect(world.clock.timers).toBe(0);
  });

  test('a flush that was under way ends with the close', async () => {
    const world = setup({}, () => ({ add: never }));
    const counted = expect(world.buffer.incr('Page', { views: 1 }, {})).rejects.toMatchObject(unknown);
    const flushed = expect(world.buffer.flush()).rejects.toMatchObject(unknown);
    expect(await closedIn(5000, world)).toBe(true);
    await Promise.all([counted, flushed]);
  });

  test('close ends although the backend does not close', async () => {
    const world = setup({}, () => ({ close: never }));
    expect(await closedIn(5000, world)).toBe(true);
    expect(world.clock.timers).toBe(0);
  });

  test('close rejects if the backend fails to close', async () => {
    const { buffer } = setup({}, () => ({ close: () => Promise.reject(away('refused')) }));
    await expect(buffer.close()).rejects.toMatchObject({ code: 'ERR_SLUICE_BACKEND_UNAVAILABLE' });
  });

  test('close ends while a worker waits for a claim', async () => {
    const world = setup({ sink: recordingSink() }, () => ({ claim: never }));
    await world.buffer.incr('Page', { views: 1 }, {});
    void world.buffer.processPending();
    await world.clock.advance(0);
    expect(await closedIn(5000, world)).toBe(true);
  });
});

describe('when the backend is away', () => {
  test('close gives it closeTimeoutMs to come back', async () => {
    let calls = 0;
    const world = setup({}, (store) => ({
      add: (write) => {
        calls += 1;
        return calls < 5 ? Promise.reject(away('refused')) : store.add(write);
      },
    }));
    const counted = world.buffer.incr('Page', { views: 1 }, {});
    expect(await closedIn(4000, world)).toBe(true);
    await counted;
  });

  test('close distinguishes increments that certainly were not counted from the others', async () => {
    const world = setup({}, () => ({ add: () => Promise.reject(away('refused')) }));
    const counted = expect(world.buffer.incr('Page', { views: 1 }, {})).rejects.toMatchObject(unknown);
    expect(await closedIn(5000, world)).toBe(true);
    await counted;
    await world.clock.advance(60_000);
    expect(world.clock.timers).toBe(0);
  });
});

describe('while a sink runs', () => {
  function slow() {
    const gate = { open: (): void => {}, signal: undefined as AbortSignal | undefined };
    const sink: Sink = (_, { signal }) => {
      gate.signal = signal;
      return new Promise((resolve, reject) => {
        gate.open = resolve;
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    };
    return { gate, sink };
  }

  test('close waits for it, and its batch is acknowledged', async () => {
    const { gate, sink } = slow();
    const world = setup({ sink });
    await world.buffer.incr('Page', { views: 1 }, {});
    const processed = world.buffer.processPending();
    await world.clock.advance(0);
    expect(await closedIn(4000, world)).toBe(false);
    gate.open();
    expect(await closedIn(0, world)).toBe(true);
    expect(await processed).toMatchObject({ batches: 1 });
    expect(await world.store.stats(0)).toMatchObject([{ claimed: 0 }]);
    expect(gate.signal?.aborted).toBe(false);
  });

  test('close has the acknowledgement repeated, as ever', async () => {
    const { gate, sink } = slow();
    let calls = 0;
    const world = setup({ sink }, (store) => ({
      ack: (partition, token) => {
        calls += 1;
        return calls < 3 ? Promise.reject(away('refused')) : store.ack(partition, token);
      },
    }));
    await world.buffer.incr('Page', { views: 1 }, {});
    const processed = world.buffer.processPending();
    await world.clock.advance(0);
    gate.open();
    expect(await closedIn(1000, world)).toBe(true);
    expect(await processed).toMatchObject({ batches: 1 });
  });

  test('close starts no further batch', async () => {
    const { gate, sink } = slow();
    const world = setup({ sink, batchSize: 1 });
    await Promise.all([1, 2, 3].map((id) => world.buffer.incr('Page', { views: 1 }, { id })));
    const processed = world.buffer.processPending();
    await world.clock.advance(0);
    const closing = world.buffer.close();
    gate.open();
    await closing;
    expect(await processed).toMatchObject({ batches: 1 });
    expect(await world.store.stats(0)).toMatchObject([{ pending: 2, claimed: 0 }]);
  });

  test('that does not end in time, close aborts it; its batch is delivered again', async () => {
    const { gate, sink } = slow();
    const world = setup({ sink });
    await world.buffer.incr('Page', { views: 1 }, {});
    const processed = world.buffer.processPending();
    const report = processed.catch(() => 'failed');
    await world.clock.advance(0);
    expect(await closedIn(5000, world)).toBe(true);
    expect(gate.signal?.aborted).toBe(true);
    expect(gate.signal?.reason).toMatchObject({ code: 'ERR_SLUICE_CLOSED' });
    await report;
    expect(await world.store.stats(0)).toMatchObject([{ claimed: 1 }]);
    expect(world.clock.timers).toBe(0);
  });
});

test('many calls that wait to be repeated warn of no leak, and end with the buffer', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warn);
  const clock = manualClock();
  const backend = wrap(memory({ clock }), { claim: () => Promise.reject(away('refused')) });
  const buffer = createBuffer({ backend, clock, partitions: 32, sink: recordingSink(), logger: quiet });
  const claims = Promise.allSettled(Array.from({ length: 32 }, (_, partition) => buffer.claim(partition)));
  await clock.advance(100);
  const closing = buffer.close();
  await clock.advance(10_000);
  await closing;
  await clock.advance(0);
  process.off('warning', warn);
  expect(warnings).toEqual([]);
  await clock.advance(30_000);
  expect((await claims).every(({ status }) => status === 'rejected')).toBe(true);
  expect(clock.timers).toBe(0);
});
