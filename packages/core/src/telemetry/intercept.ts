import { BACKEND_METHODS, type Backend, type BackendMethod } from '../backend.js';
import type { Sink, SinkContext } from '../processing/sink.js';
import type { Batch } from '../schema.js';

/** One call of a backend: the arguments are those of the method. */
export type BackendCall = {
  [M in BackendMethod]: { readonly method: M; readonly args: Parameters<Backend[M]> };
}[BackendMethod];

/** One run of a sink: to apply a batch, or to make sure that it can never be applied any more. */
export interface SinkCall {
  readonly method: 'apply' | 'giveUp';
  readonly batch: Batch;
  readonly context: SinkContext;
}

/** Stands around a call: it calls `proceed` once, and settles as that does. */
export type Interceptor<C> = <T>(call: C, proceed: () => Promise<T>) => Promise<T>;

/**
 * A backend whose calls go through an interceptor, for a {@link Telemetry}.
 *
 * @example
 * ```ts
 * import { interceptBackend } from '@sluice/core/telemetry';
 *
 * const loud: Telemetry = {
 *   backend: (backend) =>
 *     interceptBackend(backend, ({ method }, proceed) => {
 *       console.log(method);
 *       return proceed();
 *     }),
 * };
 * ```
 */
export function interceptBackend(backend: Backend, interceptor: Interceptor<BackendCall>): Backend {
  const intercepted = (method: BackendMethod) => {
    const proceed = backend[method] as (...args: readonly unknown[]) => Promise<unknown>;
    return (...args: readonly unknown[]) =>
      // The compiler does not see that the arguments are those of the method.
      interceptor({ method, args } as unknown as BackendCall, () => proceed.apply(backend, [...args]));
  };
  const methods = Object.fromEntries(BACKEND_METHODS.map((method) => [method, intercepted(method)]));
  return {
    ...(methods as unknown as Pick<Backend, BackendMethod>),
    name: backend.name,
    ...(backend.lingerMs !== undefined && { lingerMs: backend.lingerMs }),
    ...(backend.onConnectionChange && { onConnectionChange: backend.onConnectionChange.bind(backend) }),
  };
}

/** A sink whose runs go through an interceptor, for a {@link Telemetry}. */
export function interceptSink(sink: Sink, interceptor: Interceptor<SinkCall>): Sink {
  const apply: Sink = (batch, context) =>
    interceptor({ method: 'apply', batch, context }, async () => sink(batch, context));
  if (sink.giveUp === undefined) return apply;
  return Object.assign(apply, {
    giveUp: (batch: Batch, context: Parameters<NonNullable<Sink['giveUp']>>[1]) =>
      interceptor({ method: 'giveUp', batch, context }, async () => sink.giveUp?.(batch, context)),
  }) as Sink;
}
