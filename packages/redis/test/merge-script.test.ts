import {
  CorruptEntryError,
  type Fields,
  merge,
  OverflowError,
  pack,
  stampLast,
  unpack,
} from '@sluice/core/backend';
import { startRedisServer } from '@sluice/testing';
import { mockRedis } from '@sluice/testing/mock-redis';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { fields } from '../../core/test/arbitraries.js';
import script from '../src/lua/merge.lua';

const server = await startRedisServer();
const client = new Redis(server.port);
const mock = mockRedis();
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

const MERGE = `${script}\nlocal merged, reason = merge(ARGV[1], ARGV[2])\nreturn merged or 'refused: ' .. reason`;
const STAMP = `${script}\nreturn stamp_last(ARGV[1], ARGV[2]) or 'refused: corrupt'`;

type Run = (source: string, ...args: string[]) => Promise<unknown>;
const runs: [string, Run][] = [
  ['on Redis', (source, ...args) => client.eval(source, 0, ...args)],
  ['on the mock', (source, ...args) => mock.eval(source, 0, ...args)],
];

/** What core makes of two packed entries, in the words of the scripts. */
function mergedByCore(old: string, value: string): Fields | string {
  try {
    const into = unpack(old);
    merge(into, unpack(value));
    return into;
  } catch (error) {
    if (error instanceof OverflowError) return 'refused: overflow';
    if (error instanceof CorruptEntryError) return 'refused: corrupt';
    throw error;
  }
}

/** What a script replied, to compare: the order of the fields means nothing. */
function readOf(reply: unknown): Fields | string {
  const text = String(reply);
  return text.startsWith('refused') ? text : unpack(text);
}

describe.each(runs)('%s, the scripts', (name, run) => {
  const numRuns = name === 'on Redis' ? 500 : 50;

  test('merge as core does', async () => {
    await fc.assert(
      fc.asyncProperty(fields, fields, async (a, b) => {
        expect(readOf(await run(MERGE, pack(a), pack(b)))).toEqual(mergedByCore(pack(a), pack(b)));
      }),
      { numRuns },
    );
  });

  test('stamp last values as core does', async () => {
    await fc.assert(
      fc.asyncProperty(fields, fc.nat(), async (a, batch) => {
        expect(readOf(await run(STAMP, pack(a), String(batch)))).toEqual(stampLast(a, batch));
      }),
      { numRuns },
    );
  });
});
