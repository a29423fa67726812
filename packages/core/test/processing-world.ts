import {
  type Backend,
  type BufferEvents,
  type BufferOptions,
  createBuffer,
  type Lease,
  type Sink,
} from '@sluice/core';
import { type MemoryBackend, memory } from '@sluice/memory';
import { manualClock, recordingSink, seededRandom } from '@sluice/testing';
import { wrap } from './wrap.js';

const EVENTS = ['processed', 'retry', 'buried', 'error'] as const;

/** A buffer of one partition, whose events are kept as `[name, detail]`. */
export function setup(
  options: Partial<BufferOptions> = {},
  overrides: (store: MemoryBackend) => Partial<Backend> = () => ({}),
) {
  const clock = manualClock();
  const store = memory({ clock });
  const sink = recordingSink();
  const random = seededRandom(1);
  const backend = wrap(store, overrides(store));
  const buffer = createBuffer({ backend, clock, random, partitions: 1, leaseMs: 3000, sink, ...options });
  const events: { [E in (typeof EVENTS)[number]]: BufferEvents[E][] } = {
    processed: [],
    retry: [],
    buried: [],
    error: [],
  };
  for (const event of EVENTS) buffer.on(event, (detail) => (events[event] as unknown[]).push(detail));
  const count = (id = 0, views = 1): Promise<void> => buffer.incr('Page', { views }, { id });
  const claim = async (): Promise<Lease> => {
    const claimed = await buffer.claim(0);
    if (claimed.status !== 'leased') throw new Error(`nothing to lease: ${claimed.status}`);
    return claimed.lease;
  };
  return { clock, store, sink, buffer, events, count, claim };
}

/** A sink that a test ends by hand. */
export function slowSink() {
  const batches: Parameters<Sink>[0][] = [];
  const signals: AbortSignal[] = [];
  const gate = { open: (): void => {}, fail: (_: unknown): void => {} };
  const sink: Sink = (batch, { signal }) => {
    batches.push(batch);
    signals.push(signal);
    return new Promise((resolve, reject) => {
      gate.open = resolve;
      gate.fail = reject;
    });
  };
  return { sink, batches, signals, gate };
}
