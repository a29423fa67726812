import { bullmq } from '@sluice/bullmq';
import {
  BackendError,
  createBuffer,
  createWorker,
  type Engine,
  max,
  openBuffer,
  type Sink,
  type SluiceBuffer,
  SluiceError,
  type Telemetry,
} from '@sluice/core';
import { openTelemetry } from '@sluice/opentelemetry';
import * as library from './library.cjs';

// Only compiled: what an ESM program and a CommonJS library hand each other must fit.

const { backend, clock, sink, telemetry } = library;
const buffer = createBuffer({ backend, clock, sink });
const typed = createBuffer<library.Counts>({ backend });
const watched = createBuffer({ backend, telemetry });

export const buffers: readonly SluiceBuffer[] = [buffer, watched, library.open()];
export const typedBuffers: readonly SluiceBuffer<library.Counts>[] = [typed, library.openTyped()];
export const sinks: readonly Sink[] = [library.sink, library.kyselySink];
export const workers = [library.start(buffer), createWorker(library.open(), { engine: library.engine })];
export const engines: readonly Engine[] = [library.engine, bullmq(library.engineOptions)];
export const telemetries: readonly Telemetry[] = [telemetry, openTelemetry()];
export const errors: readonly BackendError[] = [library.error];
export const retryable = library.error instanceof BackendError && library.error.retryable;
export const code = library.codeOf(new SluiceError('ERR_SLUICE_CLOSED', 'closed'));

await library.count(typed);
await typed.incr('Page', { views: 1 }, { path: '/' }, { seen: library.seen });
await buffer.incr('Page', { views: 1 }, { path: '/' }, { seen: library.seen, first: max(1) });
await openBuffer({ url: 'mine:', schemes: { 'mine:': library.opener } });

const claim = await buffer.claim(0);
if (claim.status === 'leased') await library.process(buffer, claim.lease);
