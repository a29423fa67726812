import type { Backend } from '@sluice/core';
import { BackendError, type Logger, type Outcome } from '@sluice/core';
import type { Fields } from '@sluice/core/backend';

/** For tests that make calls fail and look at something else than the log. */
export const quiet: Logger = { warn() {}, error() {} };

/** A backend with some methods replaced; the others are the inner one's. */
export function wrap<B extends Backend>(inner: B, overrides: Partial<Backend>): B {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(overrides, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The error of a backend that is away for a moment. */
export function away(outcome: Outcome, retryable = true): BackendError {
  return new BackendError('ERR_SLUICE_BACKEND_UNAVAILABLE', 'away for a moment', { retryable, outcome });
}

/** What partition 0 holds of a target and no batch has. */
export async function pendingIn(backend: Backend, key: string): Promise<Fields | undefined> {
  const [sums] = await backend.read([{ partition: 0, key }]);
  return sums?.pending;
}
