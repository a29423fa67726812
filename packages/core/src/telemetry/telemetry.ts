import type { Backend } from '../backend.js';
import type { Watch } from '../events.js';
import type { Sink } from '../processing/sink.js';
import type { BufferStats, Health } from '../state.js';

/**
 * What watches a buffer from inside, such as `openTelemetry()` of `@sluice/opentelemetry`: it stands between the buffer and
 * its backend, and between the buffer and its sink. What it returns must do what it got does, errors included:
 * `interceptBackend` and `interceptSink` of `@sluice/core/telemetry` make such.
 *
 * @example
 * ```ts
 * const slowSinks: Telemetry = {
 *   sink: (sink) =>
 *     Object.assign(async (...args: Parameters<Sink>) => {
 *       const since = performance.now();
 *       await sink(...args).finally(() => report(performance.now() - since));
 *     }, sink),
 * };
 * const buffer = createBuffer({ backend, sink, telemetry: slowSinks });
 * ```
 */
export interface Telemetry {
  /** Returns what the buffer calls in place of its backend. It is never asked to close. */
  backend?(backend: Backend): Backend;
  /** Returns what the buffer calls in place of its sink: with a `giveUp` if that has one. */
  sink?(sink: Sink): Sink;
  /**
   * Called with the buffer once it is made. `watch` is the buffer's `on`, but does not count as a listener:
   * what nobody else listens for is still logged. What this returns is called when the buffer is closed.
   */
  opened?(buffer: WatchedBuffer, watch: Watch): (() => void) | undefined;
}

/** What a {@link Telemetry} sees of a buffer. */
export interface WatchedBuffer {
  /** What `buffer.stats()` resolves with. */
  stats(): Promise<BufferStats>;
  /** What `buffer.health()` returns. */
  health(): Health;
}
