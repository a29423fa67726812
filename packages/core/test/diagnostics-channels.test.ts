import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createBuffer } from '@sluice/core';
import {
  type BackendCallMessage,
  diagnosticsChannels,
  type EventMessage,
  type SinkCallMessage,
} from '@sluice/core/telemetry';
import { memory } from '@sluice/memory';
import { recordingSink } from '@sluice/testing';
import { expect, onTestFinished, test } from 'vitest';
import { quiet } from './wrap.js';

/** Collects what is published until the test ends. */
function published<T>(name: string): T[] {
  const messages: T[] = [];
  const listener = (message: unknown): void => void messages.push(message as T);
  subscribe(name, listener);
  onTestFinished(() => void unsubscribe(name, listener));
  return messages;
}

function setUp() {
  const sink = Object.assign(recordingSink(), { giveUp: async () => ({ rejected: [] }) });
  const telemetry = diagnosticsChannels();
  const options = { maxAttempts: 2, giveUpAfterMs: 0, retryDelay: () => 0, logger: quiet };
  const buffer = createBuffer({ backend: memory(), sink, telemetry, ...options });
  return { sink, buffer };
}

test('calls of the backend are published with what they came to', async () => {
  const { buffer } = setUp();
  const started = published<BackendCallMessage>('tracing:sluice:backend:start');
  const ended = published<BackendCallMessage>('tracing:sluice:backend:asyncEnd');
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  await buffer.close();
  expect(started.map(({ backend, method }) => [backend, method])).toContainEqual(['memory', 'add']);
  const added = ended.find(({ method }) => method === 'add');
  expect(added).toMatchObject({ result: { status: 'applied' }, args: [{ number: 1 }] });
});

test('so are the runs of the sink', async () => {
  const { sink, buffer } = setUp();
  const started = published<SinkCallMessage>('tracing:sluice:sink:start');
  const failed = published<SinkCallMessage>('tracing:sluice:sink:error');
  const error = new Error('no');
  sink.fail(error, { times: 2 });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  await buffer.processPending();
  await buffer.processPending();
  await buffer.close();
  expect(started.map(({ method, batch }) => [method, batch.attempt])).toEqual([
    ['apply', 1],
    ['apply', 2],
    ['giveUp', 2],
  ]);
  expect(failed.map((message) => message.error)).toEqual([error, error]);
});

test('so is each event, with its buffer', async () => {
  const { buffer } = setUp();
  const processed = published<EventMessage<'processed'>>('sluice:processed');
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  await buffer.processPending();
  await buffer.close();
  expect(processed).toEqual([{ buffer, detail: expect.objectContaining({ durationMs: expect.anything() }) }]);
});
