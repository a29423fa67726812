import type { Backend } from '@sluice/core';
import { type BackendCall, interceptBackend, interceptSink } from '@sluice/core/telemetry';
import { memory } from '@sluice/memory';
import { recordingSink } from '@sluice/testing';
import { conformance } from '@sluice/testing/conformance';
import { describe, expect, test, vi } from 'vitest';

describe('an intercepted backend is still one', () => {
  conformance({
    test,
    open: ({ clock }) => interceptBackend(memory({ clock }), (_, proceed) => proceed()),
  });
});

test('an interceptor sees each call, and can make it fail', async () => {
  const calls: BackendCall[] = [];
  const backend = interceptBackend(memory(), (call, proceed) => {
    calls.push(call);
    return call.method === 'validate' ? Promise.reject(new Error('no')) : proceed();
  });
  await backend.join(3, 4);
  await expect(backend.validate()).rejects.toThrow('no');
  expect(calls).toEqual([
    { method: 'join', args: [3, 4] },
    { method: 'validate', args: [] },
  ]);
});

test('it passes on what is not a call', () => {
  const listener = vi.fn();
  const backend: Backend = { ...interceptBackend(memory(), (_, proceed) => proceed()), lingerMs: 7 };
  const onConnectionChange = vi.fn(function (this: unknown) {
    expect(this).toBe(backend);
    return () => {};
  });
  const outer = interceptBackend(Object.assign(backend, { onConnectionChange }), (_, proceed) => proceed());
  outer.onConnectionChange?.(listener);
  expect(onConnectionChange).toHaveBeenCalledWith(listener);
  expect(outer).toMatchObject({ name: 'memory', lingerMs: 7 });
  expect(interceptBackend(memory(), (_, proceed) => proceed())).not.toHaveProperty('lingerMs');
});

test('an intercepted sink gives up only if the sink does', () => {
  expect(interceptSink(recordingSink(), (_, proceed) => proceed())).not.toHaveProperty('giveUp');
});
