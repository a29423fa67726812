import { startRedisServer } from '@sluice/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from './support/cli.js';

let url = '';
let stop = async (): Promise<void> => {};
beforeAll(async () => {
  const server = await startRedisServer({ appendonly: 'yes', appendfsync: 'always' });
  ({ url, stop } = server);
});
afterAll(() => stop());

const check = (name: string) => cli(['check', '--json', '--url', url, '--sink', `sinks/${name}.ts`]);

const faults: [string, RegExp][] = [
  ['no-table', /there is no table "pages"/],
  ['no-column', /views/],
  ['no-index', /unique index/],
  ['wider-index', /unique index/],
  ['no-ledger', /ledger/i],
];

test.each(faults)('a database is found with %s', async (name, text) => {
  const { code, json } = await check(name);
  expect(code).toBe(1);
  expect(json().at(-1)).toMatchObject({
    topic: 'tables',
    status: 'unsafe',
    text: expect.stringMatching(text),
  });
});

test('tables that fit pass, and a sink that cannot say is not held against them', async () => {
  const sound = await check('sound');
  expect([sound.code, sound.json().at(-1)]).toMatchObject([0, { topic: 'tables', status: 'ok' }]);
  const plain = await check('plain');
  expect([plain.code, plain.json().at(-1)]).toMatchObject([0, { topic: 'tables', status: 'unknown' }]);
});

test('a module without a sink is a mistake of the command line', async () => {
  for (const name of ['no-sink', 'not-there']) expect(await check(name)).toMatchObject({ code: 2 });
});
