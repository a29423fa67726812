import { createBuffer, createWorker } from '@sluice/core';
import { memory } from '@sluice/memory';
import { expect, test } from 'vitest';
import { bullmq } from '../src/index.js';

const untyped = bullmq as (options?: unknown) => ReturnType<typeof bullmq>;

test.each([
  ['nothing', undefined, 'The options of bullmq() must be a plain object, not undefined.'],
  ['no connection', {}, 'The option "connection" of bullmq() must be what BullMQ takes, such as { url }'],
  ['a URL as the connection', { connection: 'redis://localhost' }, '"connection"'],
  [
    'a queue that is no text',
    { connection: {}, queue: 7 },
    'The option "queue" of bullmq() must be a string',
  ],
  [
    'no concurrency',
    { connection: {}, concurrency: 0 },
    'The option "concurrency" of bullmq() must be an integer',
  ],
])('refuses %s', (_, options, message) => {
  expect(() => untyped(options)).toThrow(
    expect.objectContaining({ code: 'ERR_SLUICE_INVALID_OPTION', message: expect.stringContaining(message) }),
  );
});

test('a worker refuses at once what BullMQ refuses', () => {
  const buffer = createBuffer({ backend: memory(), sink: async () => {} });
  const engine = bullmq({ connection: { host: '127.0.0.1', port: 1 }, queue: 'a:b' });
  expect(() => createWorker(buffer, { engine })).toThrow(/:/);
});
