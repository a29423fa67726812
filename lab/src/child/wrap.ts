import type { Backend } from '@sluice/core';

/** A backend with some methods replaced; the others are the inner one's. */
export function wrap(inner: Backend, overrides: Partial<Backend>): Backend {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(overrides, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
