import {
  BackendError,
  createBuffer,
  createWorker,
  max,
  openBuffer,
  type Sink,
  type SluiceBuffer,
  SluiceError,
} from '@sluice/core';
import * as library from './library.cjs';

// Only compiled: what an ESM program and a CommonJS library hand each other must fit.

const { backend, clock, sink } = library;
const buffer = createBuffer({ backend, clock, sink });
const typed = createBuffer<library.Counts>({ backend });

export const buffers: readonly SluiceBuffer[] = [buffer, library.open()];
export const typedBuffers: readonly SluiceBuffer<library.Counts>[] = [typed, library.openTyped()];
export const sinks: readonly Sink[] = [library.sink, library.kyselySink];
export const workers = [library.start(buffer), createWorker(library.open())];
export const errors: readonly BackendError[] = [library.error];
export const retryable = library.error instanceof BackendError && library.error.retryable;
export const code = library.codeOf(new SluiceError('ERR_SLUICE_CLOSED', 'closed'));

await library.count(typed);
await typed.incr('Page', { views: 1 }, { path: '/' }, { seen: library.seen });
await buffer.incr('Page', { views: 1 }, { path: '/' }, { seen: library.seen, first: max(1) });
await openBuffer({ url: 'mine:', schemes: { 'mine:': library.opener } });

const claim = await buffer.claim(0);
if (claim.status === 'leased') await library.process(buffer, claim.lease);
