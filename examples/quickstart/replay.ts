import { setImmediate, setTimeout } from 'node:timers/promises';
import { createWorker, max, type SluiceBuffer } from '@sluice/core';
import type { Flight, Flights } from './flights.js';
import type { FlightSchema } from './totals.js';

/** What a replay did. */
export interface Replayed {
  readonly increments: number;
  /** Increments that were added to another one in this process, so that the backend never saw them. */
  readonly merged: number;
  readonly batches: number;
  readonly rowUpdates: number;
  readonly seconds: number;
}

/** The number of flights whose increments are under way at once. */
const CHUNK = 30_000;

/** Sends two increments a flight while a worker applies them; returns when all of them are applied. */
export async function replay(
  flights: Flights,
  buffer: SluiceBuffer<FlightSchema>,
  onProgress: (flights: number) => void,
): Promise<Replayed> {
  const startedAt = performance.now();
  const counts = { increments: 0, merged: 0, batches: 0, rowUpdates: 0 };
  buffer.on('processed', ({ batch }) => {
    counts.batches += 1;
    counts.rowUpdates += batch.entries.length;
  });
  await using _worker = createWorker(buffer, { intervalMs: 10 });
  let done = 0;
  for await (const group of flights.read()) {
    for (let from = 0; from < group.length; from += CHUNK) {
      const chunk = group.slice(from, from + CHUNK);
      // Increments that merge share a promise, so the set is as small as what the backend gets.
      const sent = new Set(chunk.flatMap((flight) => count(buffer, flight)));
      await Promise.all(sent);
      counts.increments += 2 * chunk.length;
      counts.merged += 2 * chunk.length - sent.size;
      done += chunk.length;
      onProgress(done);
      await setImmediate();
    }
  }
  await applied(buffer);
  return { ...counts, seconds: (performance.now() - startedAt) / 1000 };
}

/** The increments of one flight. */
function count(buffer: SluiceBuffer<FlightSchema>, flight: Flight): [Promise<void>, Promise<void>] {
  const { origin, destination, delay, miles, departure } = flight;
  const columns = { flights: 1, delay, miles };
  const extra = { lastDeparture: max(departure) };
  return [
    buffer.incr('Airport', columns, { origin }, extra),
    buffer.incr('Route', columns, { origin, destination }, extra),
  ];
}

/** Resolves when the worker has applied all that is in the backend. */
async function applied(buffer: SluiceBuffer<FlightSchema>): Promise<void> {
  while (await isHolding(buffer)) await setTimeout(10);
}

async function isHolding(buffer: SluiceBuffer<FlightSchema>): Promise<boolean> {
  const { pending, claimed } = await buffer.stats();
  return pending + claimed > 0;
}
