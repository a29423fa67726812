import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import { type BufferEvents, EVENT_NAMES } from '../events.js';
import { type BackendCall, interceptBackend, interceptSink, type SinkCall } from './intercept.js';
import type { Telemetry, WatchedBuffer } from './telemetry.js';

/** What `tracing:sluice:backend:*` is published with. A call that ended has a `result`, or the `error` that it rejected with. */
export type BackendCallMessage = BackendCall & {
  /** The backend's name: `redis`. */
  readonly backend: string;
  readonly result?: unknown;
  readonly error?: unknown;
};

/** What `tracing:sluice:sink:*` is published with. A run that ended has a `result`, or the `error` that it rejected with. */
export type SinkCallMessage = SinkCall & { readonly result?: unknown; readonly error?: unknown };

/** What `sluice:processed`, `sluice:retry` and the channels of the other events are published with. */
export interface EventMessage<E extends keyof BufferEvents = keyof BufferEvents> {
  readonly buffer: WatchedBuffer;
  readonly detail: BufferEvents[E];
}

/**
 * Publishes what a buffer does on channels of `node:diagnostics_channel`. What nobody subscribes to costs next to nothing.
 *
 * - `tracing:sluice:backend:start`, `:end`, `:asyncStart`, `:asyncEnd` and `:error` for each call of the backend, and
 *   `tracing:sluice:sink:…` for each run of the sink: the five channels of a `TracingChannel`.
 * - `sluice:` and the name of each event of {@link BufferEvents}, such as `sluice:buried`.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 * import { diagnosticsChannels, type SinkCallMessage } from '@sluice/core/telemetry';
 *
 * subscribe('tracing:sluice:sink:error', (message) => {
 *   const { batch, error } = message as SinkCallMessage;
 *   report(`batch ${batch.id}, delivery ${batch.attempt}: ${error}`);
 * });
 * const buffer = createBuffer({ backend, sink, telemetry: diagnosticsChannels() });
 * ```
 */
export function diagnosticsChannels(): Telemetry {
  const backendCalls: TracingChannel<unknown, object> = tracingChannel('sluice:backend');
  const sinkCalls: TracingChannel<unknown, object> = tracingChannel('sluice:sink');
  return {
    backend: (backend) =>
      interceptBackend(backend, (call, proceed) =>
        backendCalls.tracePromise(proceed, { ...call, backend: backend.name }),
      ),
    sink: (sink) => interceptSink(sink, (call, proceed) => sinkCalls.tracePromise(proceed, { ...call })),
    opened(buffer, watch) {
      for (const event of EVENT_NAMES) {
        const events = channel(`sluice:${event}`);
        watch(event, (detail) => {
          if (events.hasSubscribers) events.publish({ buffer, detail } satisfies EventMessage);
        });
      }
      return undefined;
    },
  };
}
